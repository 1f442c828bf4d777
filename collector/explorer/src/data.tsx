// Asks for what a page shows, again whenever there is something new; what was shown stays until there is an answer.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Kept } from "./api";
import { NeedsToken, ask } from "./ask";
import type { News } from "./main";
import { bytes, counted } from "./words";

/** An answer, or why there is none. */
export interface Data<Answer> {
  answer?: Answer;
  error?: string;
}

export const useData = <Answer,>(path: string, news: News): Data<Answer> => {
  const [data, setData] = useState<Data<Answer>>({});
  const again = useRef<(() => void) | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const failed = (error: unknown): void => {
      if (stop.signal.aborted) return;
      if (error instanceof NeedsToken) news.onNeedsToken();
      else setData({ error: String(error instanceof Error ? error.message : error) });
    };
    let [isAsking, isStale] = [false, false];
    // What is being asked comes to its end, however often there is something new meanwhile: else it never would.
    const run = async (): Promise<void> => {
      isStale = isAsking;
      if (isAsking) return;
      isAsking = true;
      await ask<Answer>(path, stop.signal).then((answer) => setData({ answer }), failed);
      isAsking = false;
      if (isStale && !stop.signal.aborted) void run();
    };
    again.current = () => void run();
    return () => stop.abort();
  }, [path]);
  useEffect(() => again.current?.(), [path, news.version]);
  return data;
};

/** What is shown of an answer, as soon as there is one. */
export const Shown = <Answer,>({
  data,
  children,
}: {
  data: Data<Answer>;
  children: (answer: Answer) => ComponentChildren;
}) => {
  if (data.error !== undefined) return <p role="alert">{data.error}</p>;
  return <>{data.answer === undefined ? <p>Asking the collector…</p> : children(data.answer)}</>;
};

/** What is not in the numbers beside it. */
export const NotIn = ({ kept }: { kept: Kept }) => (
  <p class="beside">
    Recent sessions in memory: {counted(kept.sessions, "session")}, {bytes(kept.bytes)} of {bytes(kept.most_bytes)}.{" "}
    {kept.sessions_forgotten > 0 && `${counted(kept.sessions_forgotten, "session")} made room for others. `}
    {kept.events_passed_over > 0 &&
      `${counted(kept.events_passed_over, "event")} were exported but not looked at here: there were too many. `}
    {kept.spool_bytes_passed_over > 0 && `${bytes(kept.spool_bytes_passed_over)} of the spool were not read here. `}
  </p>
);

/** A wide thing that scrolls by itself, for the keyboard too. */
export const Wide = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <div class="wide" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
);

/** A column of a table; numbers stand to the right. */
export type Column = string | { right: string };

/** The head of a table. */
export const Head = ({ columns }: { columns: Column[] }) => (
  <thead>
    <tr>
      {columns.map((column) =>
        typeof column === "string" ? (
          <th key={column} scope="col">
            {column}
          </th>
        ) : (
          <th key={column.right} scope="col" class="right">
            {column.right}
          </th>
        ),
      )}
    </tr>
  </thead>
);

/** Puts a text where it can be pasted from, and says so. */
export const Copy = ({ text, children }: { text: string; children: ComponentChildren }) => {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <button type="button" onClick={copy}>
      {isCopied ? "Copied" : children}
    </button>
  );
};
