// The stack of an error: what somebody wrote where it was thrown, as far as source maps are here, and what the browser said.
import type { Original, StackLine } from "../api";

export const Stack = ({ lines }: { lines: StackLine[] }) => {
  // A message has no place; the first line that is not a library's is what somebody wants to see.
  const first = lines.findIndex(({ original }) => original !== null && !original.is_library);
  return (
    <>
      <h3>Stack</h3>
      <ol class="stack">
        {lines.map((line, at) => (
          <li key={at}>
            {line.original === null ? (
              <code>{line.text}</code>
            ) : (
              <Written original={line.original} built={line.text} isOpen={at === first} />
            )}
            {line.unknown !== null && <span class="unknown">{line.unknown}</span>}
          </li>
        ))}
      </ol>
    </>
  );
};

interface WrittenProps {
  original: Original;
  built: string;
  isOpen: boolean;
}

const Written = ({ original, built, isOpen }: WrittenProps) => {
  const { source, line, column, is_library } = original;
  const place = `${source}:${line}:${column}`;
  return (
    <details open={isOpen}>
      <summary>
        <code>{place}</code>
        {is_library && " (a library)"}
      </summary>
      {original.lines.length === 0 ? (
        <p>The source map has no sources in it: have the bundler put them there (sourcesContent).</p>
      ) : (
        <pre tabIndex={0} aria-label={`Lines around ${place}`}>
          {original.lines.map((text, at) => (
            <Line key={at} number={original.first_line + at} text={text} isIt={original.first_line + at === line} />
          ))}
        </pre>
      )}
      <code class="built">{built}</code>
    </details>
  );
};

const Line = ({ number, text, isIt }: { number: number; text: string; isIt: boolean }) => {
  const all = `${isIt ? "→" : " "} ${String(number).padStart(5)}  ${text}\n`;
  return isIt ? <mark>{all}</mark> : <>{all}</>;
};
