"""A billing portal on FastAPI, for those without an SDK: what concerns the gateway is in gate.py."""

import os
from html import escape

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse

from gate import gate

INVOICES = {"41": "€ 120.00", "42": "€ 98.50", "43": "€ 240.00"}
STYLE = """body{margin:0;font-family:system-ui,sans-serif;color:#1e1b4b;background:#f8fafc}
header{display:flex;gap:1.5rem;align-items:center;padding:.8rem 2rem;background:#fff;border-bottom:1px solid #e2e8f0}
#who{margin-left:auto}main{max-width:36rem;margin:3rem auto;padding:0 1rem}a{color:#4f46e5;text-decoration:none}
li{margin:.7rem 0}button{padding:.6rem 1.1rem;font:inherit;color:#4f46e5;background:none;border:1px solid;border-radius:.5rem}"""
SCRIPT = """document.querySelector("#sign-out").onclick = async () => {
  const sent = { method: "POST", headers: { accept: "application/json" }, signal: AbortSignal.timeout(10000) };
  const answer = await fetch("/v2/portal.endSession?slug=my-portal", sent).catch(() => null);
  const { data, error } = (await answer?.json().catch(() => null)) ?? {};
  const isOver = answer?.status === 401 && /[/]authentication[/]portal_(session_not_found|token_missing)$/.test(error?.type);
  if (!data && !isOver) return alert("You may still be signed in. Please try again.");
  const home = new URL(data?.returnUrl ?? error?.redirectUrl ?? "/", location);
  // By it the application would lead whoever has left back in.
  if (isOver) home.searchParams.delete("reason");
  location.assign(home);
};"""

app = FastAPI()
app.middleware("http")(gate)


def page(request: Request, body: str) -> HTMLResponse:
    return HTMLResponse(f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Acme Billing</title>
<link rel="icon" href="data:,"><style>{STYLE}</style>
<header><a href="/"><b>Acme Billing</b></a><span id="who">{escape(request.state.user)}</span>
<button id="sign-out">Sign out</button></header><main>{body}</main><script>{SCRIPT}</script></html>""")


@app.get("/")
def home(request: Request):
    links = "".join(f'<li><a href="/invoices/{number}">Invoice {number}</a></li>' for number in INVOICES)
    return page(request, f"<h1>Invoices</h1><ul>{links}</ul>")


@app.get("/invoices/{number}")
def invoice(request: Request, number: str):
    if number not in INVOICES:
        raise HTTPException(404)
    return page(request, f'<h1 id="invoice">Invoice {number}</h1><p>{INVOICES[number]}</p>')


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(f"The portal is at http://localhost:{self.config.port}", flush=True)


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "3002"))
    Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)).run()
