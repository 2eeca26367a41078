"""A portal that reads paths as Python's http.server does: decoded first, then without dot segments."""

import posixpath
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Portal(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?", 1)[0].split("#", 1)[0]
        path = posixpath.normpath(unquote(path)).lstrip("/")
        kinds = {"enter": "public", "assets": "public", "_next": "public", "admin": "admin"}
        kind = kinds.get(path.split("/")[0], "protected")
        self.send_response(200)
        self.send_header("X-Page", kind)
        self.send_header("Content-Length", str(len(kind)))
        self.end_headers()
        self.wfile.write(kind.encode())

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
print(server.server_address[1], flush=True)
server.serve_forever()
