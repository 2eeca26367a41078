"""FastAPI with redis-py (hiredis) on uvicorn (uvloop, httptools): the gateway's work without its rules, logs and limits."""

import base64
import hashlib
import json
import secrets
import sys
import time

import redis.asyncio
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

PORT, REDIS_PORT = int(sys.argv[1]), int(sys.argv[2])
TICKET_SECONDS = 900
SESSION_SECONDS = 86_400
COOKIE = "__Host-portal_session_my-portal"

store = redis.asyncio.Redis(port=REDIS_PORT, decode_responses=True)
exchange = store.register_script(
    """local record = redis.call('GETDEL', KEYS[1])
       if not record then return nil end
       redis.call('SET', KEYS[2], record, 'EX', ARGV[1])
       return record"""
)
app = FastAPI(openapi_url=None)


class Create(BaseModel):
    slug: str
    externalId: str
    permissions: list[str]


class Exchange(BaseModel):
    sessionId: str


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def answer(data: dict) -> JSONResponse:
    return JSONResponse(
        {"meta": {"requestId": f"req_{secrets.token_urlsafe(15)}"}, "data": data},
        headers={
            "cache-control": "no-store",
            "pragma": "no-cache",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
        },
    )


@app.post("/v2/portal.createSession")
async def create_session(body: Create) -> Response:
    ticket = f"pst_live_{secrets.token_urlsafe(32)}"
    handle = f"sess_{secrets.token_urlsafe(24)}"
    now = int(time.time() * 1000)
    session = {
        "id": handle,
        "slug": body.slug,
        "environment": "live",
        "externalId": body.externalId,
        "permissions": body.permissions,
        "preview": False,
        "createdAt": now,
        "expiresAt": now + SESSION_SECONDS * 1000,
        "returnUrl": "https://app.example.com/billing",
    }
    await store.set(f"pt:{digest(ticket)}", json.dumps(session), ex=TICKET_SECONDS)
    url = f"https://portal.example.com/?session={ticket}"
    return answer({"sessionId": ticket, "url": url, "expiresAt": now + TICKET_SECONDS * 1000, "id": handle})


@app.post("/v2/portal.exchangeSession")
async def exchange_session(body: Exchange) -> Response:
    token = f"ps_live_{secrets.token_urlsafe(32)}"
    keys = [f"pt:{digest(body.sessionId)}", f"pb:{digest(token)}"]
    record = await exchange(keys=keys, args=[SESSION_SECONDS])
    if record is None:
        return JSONResponse({"error": "unauthorized"}, status_code=401)
    session = json.loads(record)
    response = answer({"expiresAt": session["expiresAt"], "session": session, "token": token})
    attributes = f"Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={SESSION_SECONDS}"
    response.headers["set-cookie"] = f"{COOKIE}={token}; {attributes}"
    return response


@app.get("/v2/portal.getSession")
async def get_session(request: Request) -> Response:
    token = request.cookies.get(COOKIE)
    record = token and await store.get(f"pb:{digest(token)}")
    if not record:
        return JSONResponse({"error": "unauthorized"}, status_code=401)
    return answer(json.loads(record))


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, loop="uvloop", http="httptools", access_log=False)
