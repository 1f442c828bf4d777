// The site's own server passes on what is the collector's: for a site without a proxy.
//   const weft = passOn("127.0.0.1", 4318);
//   http.createServer((request, response) => (isWefts(request.url) ? weft(request, response) : app(request, response)));
import http from "node:http";

export const isWefts = (url) => /^\/(api\/telemetry(\?|$)|w\/)/.test(url);

export function passOn(host, port) {
  // Less than limits.head_seconds (30): what is used again, the collector must not be closing.
  const agent = new http.Agent({ keepAlive: true, timeout: 20_000 });
  return (request, response) => {
    // The site's secrets stay here, and so does what only a client says of itself.
    const { cookie, authorization, forwarded, connection, ...headers } = request.headers;
    // Whom it comes from, added at the right, where the collector reads.
    const addresses = [headers["x-forwarded-for"], request.socket.remoteAddress];
    headers["x-forwarded-for"] = addresses.filter(Boolean).join(", ");
    const onward = http.request({ agent, host, port, method: request.method, path: request.url, headers });
    onward.on("response", (answer) => {
      const { connection, "keep-alive": _, ...told } = answer.headers;
      answer.pipe(response.writeHead(answer.statusCode, told));
    });
    // 502 is a reason to send again later. Whoever is gone needs no answer, and the collector no half of a request.
    onward.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  };
}
