// Streams pages below /streamed, with React's own renderer for Node; the part that waits comes when /api/release is asked for.
import { StrictMode } from "react";
import { renderToPipeableStream } from "react-dom/server";
import { Streamed } from "./streamed.jsx";

let release;

/** Whether it was for this renderer. */
export const answer = (request, response) => {
  const { pathname, search } = new URL(request.url, "http://app.invalid");
  if (pathname === "/api/release") {
    release?.();
    response.end("released");
    return true;
  }
  if (pathname !== "/streamed") return false;
  let there = false;
  const waits = new Promise((resolve) => (release = () => resolve((there = true))));
  const read = () => {
    if (!there) throw waits;
    return "from the server";
  };
  const page = (
    <StrictMode>
      <Streamed differs={search === "?differs"} read={read} />
    </StrictMode>
  );
  const { pipe } = renderToPipeableStream(page, {
    bootstrapModules: ["/hydrate.js"],
    onShellReady: () => {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      pipe(response);
    },
  });
  return true;
};
