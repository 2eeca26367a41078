"""A portal on WSGI, which makes an underscore of a hyphen: it answers with the header names that its application sees."""

from wsgiref.simple_server import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


def portal(environ, start_response):
    seen = "\n".join(f"{name}: {value}" for name, value in environ.items() if name.startswith("HTTP_"))
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Portal", "yes")])
    return [seen.encode("latin-1")]


server = make_server("127.0.0.1", 0, portal, handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
