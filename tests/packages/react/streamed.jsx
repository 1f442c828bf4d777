// A page that the server streams: its head at once, a part of it when what that needs is there. The browser does not
// agree with the server about one text, if it is asked to.
import { ErrorBoundary, useEvent } from "@weft/react";
import { Suspense, useEffect, useState } from "react";

const Part = ({ read }) => {
  const pressed = useEvent("pressed in part");
  const [alive, live] = useState(false);
  useEffect(() => live(true), []);
  return (
    <button id="part" onClick={pressed} data-alive={alive}>
      {read()}
    </button>
  );
};

const Where = ({ differs }) => <b id="where">{differs && typeof window !== "undefined" ? "browser" : "same"}</b>;

/** Asks for the rest once this part of the page is alive. */
const Alive = () => {
  useEffect(() => void fetch("/api/release"), []);
  return null;
};

export const Streamed = ({ differs, read }) => (
  <html lang="en">
    <head>
      <meta charSet="utf-8" />
      <title>Streamed</title>
      <link rel="icon" href="data:," />
    </head>
    <body>
      <ErrorBoundary name="streamed">
        <Alive />
        <Where differs={differs} />
        <Suspense fallback={<p id="suspended">…</p>}>
          <Part read={read} />
        </Suspense>
      </ErrorBoundary>
    </body>
  </html>
);
