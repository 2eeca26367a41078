"""Who is in the portal, over plain HTTP: this server asks the gateway as a proxy before it would."""

import asyncio
import os
import re
import string
import time
from urllib.parse import quote, unquote

import httpx
from fastapi import Request, Response
from starlette.datastructures import Headers

SLUG = "my-portal"
ASK = f"/v2/portal.authorize?slug={SLUG}"
# What browsers may reach of the gateway. Nothing encoded and no dot segments: nobody reads another path out of it.
ITS_OWN = re.compile(
    r"/v2/portal\.(exchangeSession|exchangeCode|getSession|getToken|endSession)"
    r"|/\.well-known/jwks\.json|/(portal|errors)/([\w-][\w.-]*/)*([\w-][\w.-]*)?",
    re.ASCII,
)
# Of one connection, or undone by httpx; and what only a proxy may say.
HOP = re.compile(
    rb"connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|proxy-.*|host|date|server"
    rb"|content-(encoding|length)|x-forwarded-.*"
)
MOST_BYTES = 64 * 1024
PATIENCE_SECONDS = 5
# Between the gateway's clock and this server's.
LATE_SECONDS = 60

gateway = httpx.AsyncClient(base_url=os.environ.get("VESTIBULE_URL", "http://127.0.0.1:8080"), timeout=PATIENCE_SECONDS)
# Only behind a proxy that has asked the gateway, as docs/deploy.md configures it.
behind_proxy = os.environ.get("BEHIND_PROXY") == "true"


def told_by_proxy(headers: Headers) -> Headers | None:
    """Whom the proxy lets in, where it says so as the gateway does, once and for this portal. Else the gateway is asked."""
    names = ["external-id", "organization-id", "permissions"]
    single = ["session-id", "slug", "environment", "preview", "expires-at"]
    for name, form in [(name, r"[!-~]*") for name in names] + [(name, r"[!-+\--~]*") for name in single]:
        values = headers.getlist(f"portal-{name}")
        if len(values) > 1 or not re.fullmatch(form, "".join(values)):
            return None
    expires_at_ms = headers.get("portal-expires-at", "")
    is_alive = re.fullmatch(r"\d{1,15}", expires_at_ms) and int(expires_at_ms) / 1000 > time.time() - LATE_SECONDS
    is_whole = headers.get("portal-session-id") and headers.get("portal-external-id")
    return headers if is_alive and is_whole and headers.get("portal-slug") == SLUG else None


def target_of(request: Request) -> str:
    """As it was sent: what has been decoded is another path."""
    query = request.scope["query_string"]
    return quote(request.scope["raw_path"] + (b"?" + query if query else b""), safe=string.punctuation)


def headers_of(request: Request) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in request.headers.raw if not HOP.fullmatch(name)]
    return [*kept, (b"x-forwarded-for", request.client.host.encode())]


def relay(answer: httpx.Response) -> Response:
    relayed = Response(answer.content, answer.status_code)
    for name, value in answer.headers.multi_items():
        if not HOP.fullmatch(name.encode()):
            relayed.headers.append(name, value)
    return relayed


def in_words(status: int, words: str) -> Response:
    return Response(words, status, {"retry-after": "5", "cache-control": "no-store"})


async def body_of(request: Request) -> bytes | None:
    """Nothing where it is longer than any that the gateway reads."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return body


async def pass_on(request: Request, target: str) -> Response:
    try:
        body = await asyncio.wait_for(body_of(request), PATIENCE_SECONDS)
    except asyncio.TimeoutError:
        return in_words(408, "The request took too long.")
    if body is None:
        return in_words(413, "This is too long.")
    return relay(await gateway.request(request.method, target, headers=headers_of(request), content=body))


async def ask(request: Request, target: str) -> httpx.Response:
    asking = [(name, value) for name, value in headers_of(request) if name != b"content-type"]
    asking += [(b"x-forwarded-method", request.method.encode()), (b"x-forwarded-uri", target.encode())]
    answer = await gateway.get(ASK, headers=asking)
    if "x-request-id" not in answer.headers or (answer.status_code == 200 and "portal-session-id" not in answer.headers):
        raise httpx.RemoteProtocolError("Something else than the gateway has answered.")
    return answer


async def gate(request: Request, call_next) -> Response:
    """Lets in who has a session. All else is the gateway's own answer: a redirect home, a problem, a page in words."""
    target = target_of(request)
    told = told_by_proxy(request.headers) if behind_proxy else None
    if told is None:
        try:
            if ITS_OWN.fullmatch(target.split("?")[0]):
                return await pass_on(request, target)
            answer = await ask(request, target)
        except httpx.HTTPError:
            # An outage is no sign-out.
            return in_words(503, "Please try again in a moment.")
        if answer.status_code != 200:
            return relay(answer)
        told = answer.headers
    request.state.user = unquote(told["portal-external-id"])
    request.state.permissions = unquote(told.get("portal-permissions", "")).split(",")
    response = await call_next(request)
    response.headers["cache-control"] = "private, no-store"
    return response
