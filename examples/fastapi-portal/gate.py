"""Who is in the portal, over plain HTTP: this server asks the gateway as a proxy before it would."""

import os
import re
from urllib.parse import unquote

import httpx
from fastapi import Request, Response

ASK = "/v2/portal.authorize?slug=my-portal"
# What browsers may reach of the gateway.
ITS_OWN = re.compile(
    r"/v2/portal\.(exchangeSession|exchangeCode|getSession|getToken|endSession)"
    r"|/\.well-known/jwks\.json|/(portal|errors)/.*"
)
# Of one connection, or undone by httpx; and what only a proxy may say.
HOP = re.compile(r"connection|keep-alive|te|trailer|transfer-encoding|upgrade|host|date|server|content-(encoding|length)|x-forwarded-.*")

gateway = httpx.AsyncClient(base_url=os.environ.get("VESTIBULE_URL", "http://127.0.0.1:8080"), timeout=5)
# Only behind a proxy that has asked the gateway, as docs/deploy.md configures it.
behind_proxy = os.environ.get("BEHIND_PROXY") == "true"


def headers_of(request: Request) -> dict[str, str]:
    kept = {name: value for name, value in request.headers.items() if not HOP.fullmatch(name)}
    return kept | {"x-forwarded-for": request.client.host}


def relay(answer: httpx.Response) -> Response:
    relayed = Response(answer.content, answer.status_code)
    for name, value in answer.headers.multi_items():
        if not HOP.fullmatch(name):
            relayed.headers.append(name, value)
    return relayed


async def gate(request: Request, call_next) -> Response:
    """Lets in who has a session. All else is the gateway's own answer: a redirect home, a problem, a page in words."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    told = request.headers
    if not behind_proxy or not told.get("portal-session-id"):
        try:
            if ITS_OWN.fullmatch(request.url.path):
                body = await request.body()
                return relay(await gateway.request(request.method, target, headers=headers_of(request), content=body))
            asking = headers_of(request) | {"x-forwarded-method": request.method, "x-forwarded-uri": target}
            asking.pop("content-type", None)
            answer = await gateway.get(ASK, headers=asking)
        except httpx.TransportError:
            # An outage is no sign-out.
            return Response("Please try again in a moment.", 503, {"retry-after": "5", "cache-control": "no-store"})
        if answer.status_code != 200:
            return relay(answer)
        told = answer.headers
    request.state.user = unquote(told["portal-external-id"])
    request.state.permissions = unquote(told["portal-permissions"]).split(",")
    response = await call_next(request)
    response.headers["cache-control"] = "private, no-store"
    return response
