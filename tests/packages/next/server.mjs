// Serves the app as `next start` does, on a free port.
import http from "node:http";
import next from "next";

let handle;
const server = http.createServer((request, response) => handle(request, response));
server.listen(0, "127.0.0.1", async () => {
  const { port } = server.address();
  const app = next({ dev: false, hostname: "127.0.0.1", port });
  await app.prepare();
  handle = app.getRequestHandler();
  console.log(`app: http://127.0.0.1:${port}`);
});
