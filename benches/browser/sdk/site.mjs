// The site of the bench on a free port of this machine: the scripted page and its API; the collector, passed on under the
// page's own origin as a reverse proxy does; and a receiver of OTLP. It counts what pages send to either.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";

const PAGES = new URL("page/", import.meta.url);
const DIST = new URL("../../../wasm-sdk/dist/", import.meta.url);
const TYPES = { html: "text/html", js: "text/javascript", svg: "image/svg+xml", wasm: "application/wasm" };

const ITEMS = JSON.stringify(
  Array.from({ length: 12 }, (_, id) => ({ id, title: `An item of the list, number ${id}` })),
);

/** Bytes of a request as HTTP/1.1 sends it. */
const bytesOf = (request, body) => {
  const line = `${request.method} ${request.url} HTTP/1.1\r\n\r\n`.length;
  return line + request.rawHeaders.reduce((sum, part) => sum + part.length + 2, 0) + body.length;
};

const bodyOf = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
};

const occurrences = (body, text) => {
  let [count, at] = [0, -1];
  while ((at = body.indexOf(text, at + 1)) >= 0) count++;
  return count;
};

export class Site {
  /** Where the collector takes batches; known once it runs. */
  collector;
  /** Whether it cannot be reached. */
  outage = false;
  /** What pages have sent: requests, all their bytes, and spans in those that are OTLP. */
  sent = { requests: 0, bytes: 0, spans: 0 };
  #heard = [];
  #connections = new http.Agent({ keepAlive: true });
  #server = http.createServer((request, response) => {
    this.#answer(request, response).catch((error) => response.writeHead(502).end(String(error)));
  });

  /** `otel`: the bundle of that subject. */
  constructor(otel) {
    this.otel = otel;
  }

  async start() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.origin = `http://127.0.0.1:${this.#server.address().port}`;
  }

  async stop() {
    this.#connections.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** The next requests with telemetry have been answered. */
  hears(requests) {
    return new Promise((resolve) => this.#heard.push({ left: requests, resolve }));
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, this.origin);
    if (request.method === "POST") return this.#take(pathname, request, response);
    const [, folder, file] = pathname.split("/");
    // Nothing is cached: every visit is a first one.
    const answer = (type, body) =>
      response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(body);
    if (pathname === "/blank") return answer(TYPES.html, "<!doctype html><title>blank</title>");
    if (folder === "visit") return answer(TYPES.html, await this.#page(file));
    if (pathname === "/api/items") return answer("application/json", ITEMS);
    if (pathname === "/subject/otel.js") return answer(TYPES.js, this.otel);
    const where = { page: PAGES, subject: PAGES, weft: DIST }[folder];
    const body = where && (await readFile(new URL(file, where)).catch(() => undefined));
    if (body) return answer(TYPES[file.split(".").at(-1)] ?? "text/plain", body);
    response.writeHead(404).end();
  }

  async #page(subject) {
    const text = await readFile(new URL("index.html", PAGES), "utf8");
    return text.replace("SUBJECT", subject);
  }

  async #take(path, request, response) {
    const body = await bodyOf(request);
    if (request.headers["content-type"] === "application/x-protobuf") {
      // From the collector: an empty answer says that all was taken.
      return response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    }
    this.sent.requests++;
    this.sent.bytes += bytesOf(request, body);
    response.once("close", () => this.#hear());
    if (path === "/v1/traces") {
      this.sent.spans += occurrences(body, '"startTimeUnixNano"');
      return response.writeHead(200, { "content-type": "application/json" }).end("{}");
    }
    if (this.outage) return response.writeHead(503).end();
    return this.#passOn(request, body, response);
  }

  async #passOn(request, body, response) {
    const { pathname, search } = new URL(request.url, this.origin);
    const { method, headers } = request;
    const passed = http.request(new URL(pathname + search, this.collector), {
      method,
      headers,
      agent: this.#connections,
    });
    passed.end(body);
    const [answer] = await once(passed, "response");
    response.writeHead(answer.statusCode, answer.rawHeaders).end(await bodyOf(answer));
  }

  #hear() {
    for (const heard of this.#heard) if (--heard.left === 0) heard.resolve();
    this.#heard = this.#heard.filter(({ left }) => left > 0);
  }
}
