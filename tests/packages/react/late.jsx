// A part of the app that is loaded when it is shown; its first rendering is thrown away, because what it needs is not
// there yet, and so is one in a transition that another one overtakes.
import { ErrorBoundary, SlowCommits, useEvent } from "@weft/react";
import { startTransition, Suspense, useState } from "react";

const waiting = new Map();

/** Suspends until it is released, as reading from a cache of the app's own does. */
const read = (key) => {
  if (!waiting.has(key)) {
    const entry = {};
    entry.promise = new Promise((resolve) => (entry.release = () => resolve((entry.there = true))));
    waiting.set(key, entry);
  }
  const entry = waiting.get(key);
  if (!entry.there) throw entry.promise;
  return key;
};
window.release = (key) => waiting.get(key).release();

const Shown = ({ what }) => {
  const pressed = useEvent("pressed", { "app.shown": what });
  window.renderings = (window.renderings ?? 0) + 1;
  read(what);
  return (
    <button id="shown" onClick={pressed}>
      {what}
    </button>
  );
};

const Late = () => {
  const [what, show] = useState("first");
  return (
    <>
      <button id="second" onClick={() => startTransition(() => show("second"))}>
        Second
      </button>
      <button id="first" onClick={() => startTransition(() => show("first"))}>
        First
      </button>
      <ErrorBoundary name="late" fallback="failed">
        <SlowCommits name="late" threshold={0}>
          <Suspense fallback={<p id="suspended">…</p>}>
            <Shown what={what} />
          </Suspense>
        </SlowCommits>
      </ErrorBoundary>
    </>
  );
};

export default Late;
