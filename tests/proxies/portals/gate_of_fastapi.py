"""The gate of examples/fastapi-portal, by requests that no browser sends: the gateway behind it is played.

    python gate_of_fastapi.py <the example's folder>
"""

import asyncio
import sys
import time
import unittest
from urllib.parse import unquote

import httpx

sys.path.insert(0, sys.argv.pop(1))
import gate  # noqa: E402
from main import app  # noqa: E402

JANE = {"portal-session-id": "sess_1", "portal-slug": "my-portal", "portal-external-id": "jane", "portal-permissions": "a:b"}
JANE["portal-expires-at"] = str(int(time.time() * 1000) + 60_000)


class TheGate(unittest.TestCase):
    def setUp(self):
        self.asked = []
        self.answer = httpx.Response(401, headers={"x-request-id": "req_1"}, json={"error": {}})
        gate.gateway = httpx.AsyncClient(base_url="http://gateway", transport=httpx.MockTransport(self.hear))
        gate.behind_proxy = False

    def hear(self, request):
        self.asked.append(request)
        return self.answer

    def send(self, raw_path, method="GET", headers=(), chunks=(b"",), query=b""):
        """The answer's status and body, of a server that decodes the path as uvicorn does."""
        scope = {"type": "http", "method": method, "path": unquote(raw_path.decode("latin-1")), "raw_path": raw_path, "query_string": query}
        scope |= {"headers": list(headers), "client": ("192.0.2.1", 1), "scheme": "http", "server": ("portal", 80), "http_version": "1.1"}
        events, told = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks], []
        events[-1]["more_body"] = False

        async def receive():
            return events.pop(0) if events else await asyncio.Event().wait()

        async def tell(event):
            told.append(event)

        asyncio.run(app(scope, receive, tell))
        return told[0]["status"], b"".join(event.get("body", b"") for event in told[1:])

    def test_a_path_is_the_gateways_only_as_it_was_sent(self):
        for path in [
            b"/portal/%2e%2e/v2/portal.createSession",
            b"/portal/../v2/portal.createSession",
            b"/portal/./x",
            b"/portal/..%2fv2/portal.createSession",
            b"/portal/%252e%252e/v2/portal.createSession",
            b"/portal/..;/v2/portal.createSession",
            b"/portal/..\\v2",
            b"/portal//v2/portal.createSession",
            b"/v2/portal%2egetSession",
            b"/v2/portal.createSession",
        ]:
            self.asked.clear()
            self.assertEqual(self.send(path, "POST")[0], 401, path)
            self.assertEqual([one.url.path for one in self.asked], ["/v2/portal.authorize"], path)
            self.assertEqual(self.asked[0].headers["x-forwarded-uri"], path.decode())
        for path in [b"/v2/portal.getSession", b"/portal/my-portal/", b"/portal/assets/a.1.css", b"/errors/data/x", b"/.well-known/jwks.json"]:
            self.asked.clear()
            self.send(path)
            self.assertEqual([one.url.raw_path for one in self.asked], [path])

    def test_bytes_that_are_no_ascii_are_no_fault_of_the_server(self):
        for path, query in [("/é".encode(), b""), (b"/\xff", b""), (b"/a", b"q=\xc3\xa9"), (b"/a%20b%2Fc", b"")]:
            status, _ = self.send(path, query=query, headers=[(b"user-agent", b"\xe9")])
            self.assertEqual(status, 401, path)
        self.assertEqual(self.asked[-1].headers["x-forwarded-uri"], "/a%20b%2Fc")

    def test_a_long_body_is_refused_and_a_slow_one_given_up(self):
        status, _ = self.send(b"/v2/portal.endSession", "POST", chunks=[b"x" * 40_000] * 2_000)
        self.assertEqual((status, self.asked), (413, []))
        patience, gate.PATIENCE_SECONDS = gate.PATIENCE_SECONDS, 0.05
        self.addCleanup(setattr, gate, "PATIENCE_SECONDS", patience)
        wait_for_ever = lambda: asyncio.Event().wait()  # noqa: E731
        request = gate.Request({"type": "http", "method": "POST", "headers": []}, wait_for_ever)
        self.assertEqual(asyncio.run(gate.pass_on(request, "/v2/portal.endSession")).status_code, 408)

    def test_what_answers_in_the_gateways_place_is_an_outage(self):
        for status in [200, 302, 401, 403, 502]:
            self.answer = httpx.Response(status, html="<h1>Sign in</h1>")
            self.assertEqual(self.send(b"/invoices/42")[0], 503, status)

    def test_a_proxy_is_believed_only_as_the_gateway_writes_it(self):
        gate.behind_proxy = True
        sent = [(name.encode(), value.encode()) for name, value in JANE.items()]
        self.assertEqual(self.send(b"/", headers=sent)[0], 200)
        self.assertEqual(self.asked, [])
        for change in [
            {"portal-slug": "other"},
            {"portal-slug": None},
            {"portal-expires-at": str(int(time.time() * 1000) - 120_000)},
            {"portal-expires-at": "never"},
            {"portal-session-id": "sess_1, sess_2"},
            {"portal-session-id": ""},
            {"portal-external-id": "omar, jane"},
            {"portal-external-id": None},
        ]:
            self.asked.clear()
            changed = [(name.encode(), value.encode()) for name, value in (JANE | change).items() if value is not None]
            self.assertEqual((self.send(b"/", headers=changed)[0], len(self.asked)), (401, 1), change)
        self.asked.clear()
        self.assertEqual((self.send(b"/", headers=[*sent, (b"portal-external-id", b"omar")])[0], len(self.asked)), (401, 1))


unittest.main()
