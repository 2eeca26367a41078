"""A portal on FastAPI, which redirects `/enter/` to `/enter` with the scheme and host that the proxy told it."""

import pathlib
import socket

import uvicorn
from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

# The other portal's script and style.
ASSETS = pathlib.Path(__file__).parent.parent / "express" / "public" / "assets"
PAGE = """<!doctype html>
<html lang="en">
<title>Portal</title>
<link rel="stylesheet" href="/assets/portal.css">
<body>{body}<script type="module" src="/assets/portal.js"></script>
"""

app = FastAPI()
app.mount("/assets", StaticFiles(directory=ASSETS))


def page(body):
    return HTMLResponse(PAGE.format(body=body))


@app.get("/")
def home():
    return page(
        '<h1 id="who"></h1><a id="deeper" href="/invoices/42">Invoice 42</a>'
        '<button id="act">Greet</button><output id="result"></output>'
    )


@app.get("/invoices/{number}")
def invoice(number: int):
    return page(f'<h1 id="invoice">{number}</h1>')


@app.get("/enter")
def enter():
    return page("<p>One moment…</p>")


@app.post("/api/greet")
def greet(request: Request, portal_external_id: str = Header()):
    if request.headers.get("origin") != str(request.base_url).rstrip("/"):
        return Response(f"{request.headers.get('origin')} is not {request.base_url}", 403)
    return Response(f"Hello {portal_external_id}")


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
server.run(sockets=[listener])
