// Serves an app that was built, as a static host does, and its backend: `node serve.mjs DIRECTORY`. What the page sends
// is passed on to the collector (WEFT_ENDPOINT), as a reverse proxy does.
import { readFile } from "node:fs/promises";
import http from "node:http";
import { extname, join, normalize, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const root = resolve(process.argv[2]);

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".wasm": "application/wasm",
};

const onward = async (request, response, search) => {
  const { origin, "content-type": type } = request.headers;
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = { origin, "content-type": type };
  const answer = await fetch(`${process.env.WEFT_ENDPOINT}${search}`, {
    method: request.method,
    headers,
    body: Buffer.concat(chunks),
  });
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
  response.end(Buffer.from(await answer.arrayBuffer()));
};

const file = async (response, pathname) => {
  const path = normalize(join(root, pathname.endsWith("/") ? `${pathname}index.html` : pathname));
  const bytes = path.startsWith(normalize(`${root}/`)) ? await readFile(path).catch(() => undefined) : undefined;
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  // Routes of an app are all its one page: of the one that it was developed with, or of the other.
  if (!bytes && !extname(pathname)) return file(response, pathname.startsWith("/development/") ? "/development/" : "/");
  return response.writeHead(bytes ? 200 : 404, { "content-type": type }).end(bytes);
};

// An app may render pages by itself.
const { answer } = await import(pathToFileURL(join(root, "server/server.js"))).catch(() => ({}));

const server = http.createServer((request, response) => {
  const { pathname, search } = new URL(request.url, "http://app.invalid");
  if (pathname === "/api/telemetry") return onward(request, response, search);
  if (answer?.(request, response)) return undefined;
  // The backend says how it was joined.
  if (pathname.startsWith("/api/")) return response.end(request.headers.traceparent ?? "none");
  return file(response, decodeURIComponent(pathname));
});
server.listen(0, "127.0.0.1", () => console.log(`app: http://127.0.0.1:${server.address().port}`));
