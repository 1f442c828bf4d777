// A site whose own server passes on what is the collector's. The rest of the site answers elsewhere.
import http from "node:http";
import { isWefts, passOn } from "./pass-on.mjs";

const [port, collector, site] = process.argv.slice(2).map(Number);
const weft = passOn("127.0.0.1", collector);
const app = passOn("127.0.0.1", site);
http
  .createServer((request, response) => (isWefts(request.url) ? weft(request, response) : app(request, response)))
  .listen(port, "127.0.0.1", () => console.error("listening"));
