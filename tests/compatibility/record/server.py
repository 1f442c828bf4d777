"""Records OTLP/HTTP as it is sent: takes any POST, keeps its head and body as files, says success.

    python3 server.py DIRECTORY [PORT]

A client sends to http://127.0.0.1:PORT/LANGUAGE/VARIANT/v1/traces; what it sent is then in
DIRECTORY/LANGUAGE/VARIANT.traces.head and .body, as if the path had been /v1/traces.
"""

import pathlib
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# The others say nothing of OTLP, or name the machine.
KEPT = ("content-type", "content-encoding", "user-agent", "accept", "accept-encoding")
PATH = re.compile(r"/([a-z]+)/([a-z-]+)(/v1/(traces|logs|metrics))")


class Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    directory = pathlib.Path(sys.argv[1])

    def do_POST(self):
        body = self.chunks() if "chunked" in self.headers.get("transfer-encoding", "") else self.sized()
        found = PATH.fullmatch(self.path)
        if not found:
            return self.answer(404, b"")
        language, variant, path, signal = found.groups()
        file = self.directory / language / f"{variant}.{signal}"
        # A second request would be a batch that was split: it would hide the first.
        if file.with_name(file.name + ".body").exists():
            return self.answer(409, b"")
        file.parent.mkdir(parents=True, exist_ok=True)
        head = [f"POST {path}"] + [f"{name}: {self.headers[name]}" for name in KEPT if name in self.headers]
        file.with_name(file.name + ".head").write_text("\n".join(head) + "\n")
        file.with_name(file.name + ".body").write_bytes(body)
        print(file, len(body), flush=True)
        self.answer(200, b"{}" if "json" in self.headers["content-type"] else b"")

    def sized(self):
        return self.rfile.read(int(self.headers["content-length"]))

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", self.headers.get("content-type", ""))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 4399
    ThreadingHTTPServer(("127.0.0.1", port), Recorder).serve_forever()
