// As with Unkey: a backend asks for a session by plain HTTP, the browser exchanges its ID once, and whoever comes home with an
// ended session is sent back in. The product's calls are ours (docs/coming-from.md); here is what its page about a session that
// was not found promises.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { Vestibule } from "@vestibule/sdk";

import { ROOT_KEY } from "../support/gateway.mjs";
import { startKnowingGateway } from "../support/seeds.mjs";

let gateway;
const rights = ["api.*.read_key", "api.*.read_analytics"];

before(async () => {
  gateway = await startKnowingGateway();
});
after(() => gateway.stop());

const curl = async (...line) => (await promisify(execFile)("curl", ["-sS", ...line])).stdout;

/** As a shell script of a backend would. */
async function createByCurl(fields) {
  const headers = ["-H", `Authorization: Bearer ${ROOT_KEY}`, "-H", "Content-Type: application/json"];
  const call = ["-X", "POST", `${gateway.url}/v2/portal.createSession`, ...headers, "-d", JSON.stringify(fields)];
  return JSON.parse(await curl(...call));
}

/** What the proxy in front of the portal passes on to a person's browser. Not by `fetch`, which says that no person waits. */
async function visit(cookie) {
  const asked = ["-H", `Cookie: ${cookie}`, "-H", "Accept: text/html", "-w", "%{http_code} %{redirect_url}"];
  return (await curl("-o", "/dev/null", ...asked, `${gateway.url}/v2/portal.authorize?slug=my-portal`)).split(" ");
}

const post = (verb, body, headers = {}) =>
  fetch(`${gateway.url}/v2/portal.${verb}`, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

/** The portal's page takes the ID of its address to the gateway; the cookie that the browser keeps. */
async function enter(url) {
  const sessionId = new URL(url).searchParams.get("session");
  const answer = await post("exchangeSession", { sessionId }, { origin: "http://localhost:3002" });
  assert.equal(answer.status, 200);
  return answer.headers.getSetCookie().find((cookie) => cookie.startsWith("portal_session_my-portal="));
}

const inTheBrowser = (cookie) => cookie.split(";")[0];

test("curl creates a session for 15 minutes; exchanged, it is a cookie for 24 hours", async () => {
  const { meta, data } = await createByCurl({ slug: "my-portal", externalId: "user-1", permissions: rights });
  assert.match(meta.requestId, /^req_/);
  const minutes = (data.expiresAt - Date.now()) / 60_000;
  assert.ok(minutes > 14 && minutes <= 15.1, `${minutes}`);
  const cookie = await enter(data.url);
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /Max-Age=86400/);
  const session = await new Vestibule({ portal: "my-portal" }).getSession({ cookie: inTheBrowser(cookie) });
  assert.deepEqual([session.externalId, session.permissions], ["user-1", rights]);
});

test("an ID that was used or never was, and a session that has ended, are one and the same error", async () => {
  const { data } = await createByCurl({ slug: "my-portal", externalId: "user-2", permissions: rights });
  const cookie = inTheBrowser(await enter(data.url));
  await post("revokeSession", { slug: "my-portal", externalId: "user-2" }, { authorization: `Bearer ${ROOT_KEY}` });
  for (const refused of [
    await post("exchangeSession", { sessionId: data.sessionId }),
    await post("exchangeSession", { sessionId: "an-invention" }),
    await post("getSession", {}, { cookie }),
  ]) {
    const { meta, error } = await refused.json();
    assert.match(meta.requestId, /^req_/);
    assert.match(error.type, /\/authentication\/portal_session_not_found$/);
    assert.deepEqual([refused.status, error.status, error.title], [401, 401, "Unauthorized"]);
    assert.equal(error.detail, "Session is invalid, expired, or has already been used.");
  }
});

test("the errors beside it have the same names", async () => {
  const authorization = `Bearer ${ROOT_KEY}`;
  const session = { slug: "no-portal", externalId: "user-3", permissions: rights };
  for (const [answer, status, code] of [
    [await post("getSession", {}), 401, "authentication/portal_token_missing"],
    [await post("createSession", session), 401, "authentication/missing"],
    [await post("createSession", session, { authorization }), 404, "data/portal_config_not_found"],
  ]) {
    const { error } = await answer.json();
    assert.equal(answer.status, status);
    assert.ok(error.type.endsWith(`/${code}`), error.type);
  }
});

/** What a backend does on the page that is the portal's return URL. `open` answers where the new session is. */
async function returnPage(request, open) {
  if (new URL(request.url).searchParams.get("reason") === "session_expired") {
    return Response.redirect(await open({ externalId: "user-4" }), 302);
  }
  return new Response("Billing");
}

test("an ended session leads home with a reason, and the page there leads back in", async () => {
  const vestibule = new Vestibule({ portal: "my-portal", rootKey: ROOT_KEY, permissions: rights });
  const byHttp = async (user) => (await createByCurl({ slug: "my-portal", permissions: rights, ...user })).data.url;
  const bySdk = async (user) => (await vestibule.sessions.create(user)).url;
  for (const open of [byHttp, bySdk]) {
    const cookie = inTheBrowser(await enter(await open({ externalId: "user-4" })));
    await vestibule.sessions.revoke({ externalId: "user-4" });
    const [status, location] = await visit(cookie);
    assert.deepEqual([status, location], ["302", "http://localhost:3001/billing?reason=session_expired"]);
    const back = await returnPage(new Request(location), open);
    assert.equal(back.status, 302);
    assert.match(await enter(back.headers.get("location")), /Max-Age=86400/);
  }
  assert.equal(await (await returnPage(new Request("http://localhost:3001/billing"))).text(), "Billing");
});
