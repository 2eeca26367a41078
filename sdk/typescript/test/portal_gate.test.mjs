// The gate of a portal, on each framework, against the real gateway.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Vestibule } from "@vestibule/sdk";

import { ROOT_KEY, startGateway } from "./support/gateway.mjs";
import { navigation, script, toldOf } from "./support/requests.mjs";
import { closeSites, portals } from "./support/sites.mjs";

const HOME = "http://localhost:3001/billing";
/** What a proxy would tell of somebody. */
const TOLD = toldOf("mallory", "admin:*");

let gateway;
let backend;

before(async () => {
  gateway = await startGateway();
  backend = new Vestibule({ url: gateway.url, rootKey: ROOT_KEY, portal: "my-portal", permissions: ["keys:read"] });
});
after(() => (closeSites(), gateway.stop()));

async function signedIn(fields) {
  const { sessionId, id } = await backend.sessions.create({ externalId: "jane", ...fields });
  const { token } = await backend.exchange(sessionId);
  return { id, cookie: `portal_session_my-portal=${token}` };
}

for (const [framework, portal] of Object.entries(portals)) {
  describe(framework, () => {
    let ask;
    before(async () => {
      ask = await portal({ url: gateway.url, slug: "my-portal" });
    });

    test("whoever has a session is let in, and no cache may keep what they get", async () => {
      const { cookie } = await signedIn();
      const answer = await ask("/invoices/42", { headers: { cookie, ...navigation } });
      assert.deepEqual([answer.status, await answer.text()], [200, "jane"]);
      assert.match(answer.headers.get("cache-control"), /private, no-store/);
    });

    test("what a handler answers by itself is no cache's either, and its cookies are the gate's", async () => {
      const { cookie } = await signedIn();
      const answer = await ask("/raw", { headers: { cookie: `${cookie}; vestibule_sent_home_my-portal=1`, ...navigation } });
      assert.deepEqual([answer.status, await answer.text()], [200, "raw"]);
      assert.match(answer.headers.get("cache-control") ?? "", /private, no-store/);
      assert.match(answer.headers.getSetCookie().join(), /vestibule_sent_home_my-portal=; Path=\/; Max-Age=0/);
    });

    test("a navigation without one goes home, and the page is remembered", async () => {
      const answer = await ask("/invoices/42?page=2", { headers: navigation });
      const location = new URL(answer.headers.get("location"));
      assert.deepEqual([answer.status, location.origin + location.pathname], [303, HOME]);
      assert.deepEqual([...location.searchParams], [["reason", "session_missing"], ["path", "/invoices/42?page=2"]]);
      const cookies = answer.headers.getSetCookie();
      assert.ok(cookies.some((one) => one.startsWith("vestibule_path_my-portal=.%2Finvoices%2F42%3Fpage%3D2; Path=/; Max-Age=600; HttpOnly; SameSite=Lax")));
    });

    test("a session ID at the gate is told of, and neither kept nor handed on", async (context) => {
      const warn = context.mock.method(console, "warn", () => {});
      const gate = await portal({ url: gateway.url, slug: "my-portal" });
      const { sessionId } = await backend.sessions.create({ externalId: "jane" });
      for (const query of [`session=${sessionId}`, `page=2&code=${sessionId}`, `next=${encodeURIComponent(`/?session=${sessionId}`)}`]) {
        const answer = await gate(`/?${query}`, { headers: navigation });
        const home = new URL(answer.headers.get("location"));
        assert.deepEqual([answer.status, home.searchParams.get("path")], [303, null]);
        assert.ok(![...answer.headers].flat().some((value) => value.includes(sessionId)), "it leaves in no header");
      }
      assert.equal(warn.mock.callCount(), 1);
      assert.match(warn.mock.calls[0].arguments[0], /landing = "hosted"/);
    });

    test("a script is told, in a form that it can read", async () => {
      const { id, cookie } = await signedIn();
      await backend.sessions.revoke({ id });
      const answer = await ask("/api/invoices", { method: "POST", headers: { cookie, ...script } });
      assert.deepEqual([answer.status, answer.headers.get("content-type")], [401, "application/problem+json"]);
      assert.equal((await answer.json()).error.redirectUrl, `${HOME}?reason=session_expired`);
    });

    test("a loop ends in words", async () => {
      const jar = new Map();
      const statuses = [];
      for (let count = 0; count < 4; count += 1) {
        const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
        const answer = await ask("/", { headers: { cookie, ...navigation } });
        statuses.push(answer.status);
        answer.headers.getSetCookie().forEach((one) => jar.set(...one.split(";")[0].split("=")));
      }
      assert.deepEqual(statuses, [303, 303, 303, 401]);
    });

    test("a missing permission is a 403, for people and for programs", async () => {
      const { cookie } = await signedIn();
      for (const [headers, type] of [[navigation, "text/html; charset=utf-8"], [script, "application/problem+json"]]) {
        const answer = await ask("/admin", { headers: { cookie, ...headers } });
        assert.deepEqual([answer.status, answer.headers.get("content-type")], [403, type]);
      }
      const admin = await signedIn({ permissions: ["admin:*"] });
      assert.equal((await ask("/admin", { headers: { cookie: admin.cookie, ...navigation } })).status, 200);
    });

    test("back in the portal, the remembered page is opened once", async () => {
      const { cookie } = await signedIn();
      const remembered = `${cookie}; vestibule_path_my-portal=.%2Finvoices%2F42`;
      const first = await ask("/", { headers: { cookie: remembered, ...navigation } });
      // Next.js has whole addresses only.
      assert.equal(first.status, 303);
      assert.match(first.headers.get("location"), /^(?:http:\/\/127\.0\.0\.1)?\/invoices\/42$/);
      assert.match(first.headers.get("set-cookie"), /^vestibule_path_my-portal=; Path=\/; Max-Age=0/);
      for (const elsewhere of ["%2F%2Fevil.example", "https%3A%2F%2Fevil.example", "%2F%5Cevil.example", "%"]) {
        const answer = await ask("/", { headers: { cookie: `${cookie}; vestibule_path_my-portal=.${elsewhere}`, ...navigation } });
        assert.deepEqual([answer.status, await answer.text()], [200, "jane"], elsewhere);
      }
    });

    test("who somebody is, nobody says for himself", async () => {
      const answer = await ask("/", { headers: { ...TOLD, ...navigation } });
      assert.equal(answer.status, 303);
    });

    test("behind a proxy that is trusted, its headers tell who is there", async () => {
      const behind = await portal({ url: "http://127.0.0.1:9", slug: "my-portal", trustProxy: true });
      const answer = await behind("/admin", { headers: { ...TOLD, ...navigation } });
      assert.deepEqual([answer.status, await answer.text()], [200, "mallory"]);
      const narrow = await behind("/admin", { headers: { ...TOLD, "portal-permissions": "keys:read", ...navigation } });
      assert.equal(narrow.status, 403);
    });

    test("an outage is no sign-out", async () => {
      const dark = await portal({ url: "http://127.0.0.1:9", slug: "my-portal" });
      const answer = await dark("/", { headers: navigation });
      assert.deepEqual([answer.status, answer.headers.get("location"), answer.headers.get("retry-after")], [503, null, "5"]);
      assert.deepEqual(answer.headers.getSetCookie(), []);
    });

    test("a gateway that hangs is waited for once", async (context) => {
      context.mock.method(console, "error", () => {});
      const asked = [];
      const hangs = (url, { signal }) => new Promise((_, reject) => (asked.push(url), signal.addEventListener("abort", () => reject(signal.reason))));
      const hanging = await portal({ url: gateway.url, slug: "my-portal", timeoutMs: 50, fetch: hangs });
      assert.deepEqual([(await hanging("/", { headers: navigation })).status, asked.length], [503, 1]);
    });

    test("what browsers send to the gateway is passed on, and nothing else", async () => {
      const { id, cookie } = await signedIn();
      const session = await (await ask("/v2/portal.getSession", { headers: { cookie } })).json();
      assert.equal(session.data.id, id);
      const headers = { cookie, "sec-fetch-site": "same-origin", "content-type": "application/json" };
      const ended = await ask("/v2/portal.endSession", { method: "POST", headers, body: "{}" });
      assert.deepEqual([ended.status, (await ended.json()).data.returnUrl], [200, HOME]);
      assert.equal(ended.headers.getSetCookie().filter((one) => one.includes("Max-Age=0")).length >= 1, true);
      assert.equal((await ask("/errors/authentication/missing")).status, 200);
      for (const path of ["/v2/portal.createSession", "/v2/portal.listSessions", "/metrics", "/portal/../v2/portal.createSession"]) {
        const answer = await ask(path, { method: "POST", headers: { authorization: `Bearer ${ROOT_KEY}`, ...script } });
        assert.equal(answer.status, 401, path);
        assert.match((await answer.json()).error.type, /portal_/, `${path} is the portal's own`);
      }
    });
  });
}

test("a permission is held by the gateway's own rule", async () => {
  const { holds } = await import("../dist/esm/web/permissions.js");
  const held = ["keys:read", "api.*.read_key", "admin:*", "*.*.x"];
  const asked = ["keys:read", "keys:write", "keys", "api.eu.read_key", "api.eu.write", "api.*.read_key", "admin:a", "admin", "admin:a:b", "a.b.x"];
  const { cookie } = await signedIn({ permissions: held });
  for (const permission of [...asked, "api..read_key", "admin:", "KEYS:read", "*", ".."]) {
    const answer = await backend.authorize({ cookie }, { permissions: [permission] }).then(() => true, () => false);
    assert.equal(holds(held, [permission]), answer, permission);
  }
  assert.ok(holds(["*"], ["a..b"]) && holds([], []));
});
