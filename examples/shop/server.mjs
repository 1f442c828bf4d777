// The shop's backend: plain node:http, one page, three small JSON endpoints.
// Settings: PORT (0: a free one), WEFT_KEY and WEFT_ENDPOINT (the one line of telemetry in the page).
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import http from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { products, reviews } from "./catalogue.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PUBLIC = here("./public");
const SDK = here("../../wasm-sdk/dist");

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  // Browsers compile WebAssembly while it downloads only if it is called by this name.
  ".wasm": "application/wasm",
};

const cart = new Map();

const server = http.createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    if (!response.headersSent) json(response, 500, { error: "the shop has a problem" });
  });
});

async function answer(request, response) {
  const { pathname } = new URL(request.url, "http://shop.invalid");
  if (pathname.startsWith("/api/")) return api(request, response, pathname);
  if (request.method !== "GET" && request.method !== "HEAD") return json(response, 405, { error: "only GET" });
  if (pathname === "/" || pathname.startsWith("/product/")) return page(response);
  if (pathname.startsWith("/weft/")) return file(response, SDK, pathname.slice("/weft".length));
  return file(response, PUBLIC, pathname);
}

async function api(request, response, pathname) {
  if (request.method === "GET" && pathname === "/api/products") return json(response, 200, products);
  if (request.method === "GET" && pathname === "/api/reviews") return json(response, 200, reviews);
  if (request.method === "POST" && pathname === "/api/cart") {
    const { id } = await body(request);
    if (!products.some((product) => product.id === id)) return json(response, 404, { error: "we do not sell that" });
    cart.set(id, (cart.get(id) ?? 0) + 1);
    return json(response, 200, { id, count: [...cart.values()].reduce((sum, count) => sum + count, 0) });
  }
  return json(response, 404, { error: "no such endpoint" });
}

/** The page with its products and its line of telemetry filled in: the first view needs no request. */
async function page(response) {
  const template = await readFile(join(PUBLIC, "index.html"), "utf8");
  const fill = { PRODUCTS: products, WEFT_KEY: process.env.WEFT_KEY ?? "", WEFT_ENDPOINT: process.env.WEFT_ENDPOINT ?? "" };
  const html = template.replace(/"%(\w+)%"/g, (_, name) => JSON.stringify(fill[name]).replaceAll("<", "\\u003c"));
  response.writeHead(200, { "content-type": TYPES[".html"] }).end(html);
}

async function file(response, root, pathname) {
  const path = normalize(join(root, decodeURIComponent(pathname)));
  const found = path.startsWith(root + "/") && (await stat(path).catch(() => undefined))?.isFile();
  if (!found) return json(response, 404, { error: "no such file" });
  response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
  createReadStream(path).pipe(response);
}

async function body(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > 10_000) return {};
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks)) ?? {};
  } catch {
    return {};
  }
}

function json(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`shop: http://127.0.0.1:${server.address().port}`);
});
