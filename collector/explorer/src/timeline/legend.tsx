// What shapes, lines and lanes mean.
import { useEffect, useRef } from "preact/hooks";
import type { Kind } from "../api";
import { mark } from "./marks";
import { KINDS } from "./model";

const SHOWN: Kind[] = ["load", "view", "press", "request", "server", "error", "vital", "jump", "killed", "event"];

/** The lanes from the top, in words: in the picture there is room for few of them. */
export const LaneNames = ({ lanes }: { lanes: string[] }) => (
  <details class="legend lanes">
    <summary>What the lanes are</summary>
    <ol>
      {lanes.map((words, at) => (
        <li key={at}>{words}</li>
      ))}
    </ol>
    <p>Pages share a lane where it is known that they were in one tab: one that was reloaded, or gone back to.</p>
  </details>
);

export const Legend = () => (
  <details class="legend">
    <summary>What the shapes mean</summary>
    <ul>
      {SHOWN.map((kind) => (
        <li key={kind}>
          <Shape kind={kind} /> {KINDS[kind]}
        </li>
      ))}
      <li>pale: in another session of the same page</li>
      <li>solid arc: a declared link</li>
      <li>dashed arc: a link that a rule has inferred</li>
      <li>bar: how long something took; with an open end: it has not ended</li>
      <li>dashed box: events that were numbered and have not come</li>
      <li>jagged stretch: time in which nothing happened, folded</li>
    </ul>
  </details>
);

const Shape = ({ kind }: { kind: Kind }) => {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !canvas.current) return;
    context.clearRect(0, 0, 18, 18);
    context.fillStyle = context.strokeStyle = getComputedStyle(canvas.current).getPropertyValue(`--${kind}`);
    mark(context, kind, 9, 9);
  });
  return <canvas ref={canvas} width={18} height={18} aria-hidden="true" />;
};
