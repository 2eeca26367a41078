// What a portal on a server does with its users' credentials, against the real gateway.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { InsufficientPermissionsError, PortalSessionNotFoundError, Vestibule } from "@vestibule/sdk";

import { ISSUER, ROOT_KEY, startGateway } from "./support/gateway.mjs";

let gateway;
let backend;
let portal;

before(async () => {
  gateway = await startGateway();
  backend = new Vestibule({ url: gateway.url, rootKey: ROOT_KEY, portal: "my-portal", permissions: ["keys:read"] });
  portal = new Vestibule({ url: gateway.url, portal: "my-portal" });
});
after(() => gateway.stop());

async function signedIn(fields) {
  const { sessionId } = await backend.sessions.create({ externalId: "jane", ...fields });
  return portal.exchange(sessionId);
}

const isOver = (error) => error instanceof PortalSessionNotFoundError && error.status === 401;

test("an exchange answers the token and who is there", async () => {
  const exchanged = await signedIn({ externalOrganizationId: "org_1", metadata: { createdAt: 1 } });
  assert.match(exchanged.token, /^ps_live_/);
  assert.ok(exchanged.expiresAt instanceof Date && exchanged.session.createdAt instanceof Date);
  assert.equal(exchanged.session.externalId, "jane");
  // The backend's own data is handed on as it is.
  assert.deepEqual(exchanged.session.metadata, { createdAt: 1 });
});

test("an exchange tells where the session begins", async () => {
  const { path } = await signedIn({ path: "/invoices/42?tab=lines#total" });
  assert.equal(path, "/invoices/42?tab=lines#total");
  assert.equal((await signedIn({ path: null })).path, undefined);
  await assert.rejects(signedIn({ path: "//evil.example" }), { code: "application/invalid_input" });
});

test("a session ID works once, but a repeat with the same key gets the same session", async () => {
  const { sessionId } = await backend.sessions.create({ externalId: "jane" });
  const idempotencyKey = "sixteen characters";
  await assert.rejects(portal.exchange(sessionId, { idempotencyKey: "short" }), { code: "application/invalid_input" });
  const first = await portal.exchange(sessionId, { idempotencyKey: idempotencyKey.replaceAll(" ", "-") });
  const again = await portal.exchange(sessionId, { idempotencyKey: idempotencyKey.replaceAll(" ", "-") });
  assert.equal(again.token, first.token);
  await assert.rejects(portal.exchange(sessionId), isOver);
});

test("who is there is told for a token and for a cookie", async () => {
  const { token, session } = await signedIn({});
  const cookie = `theme=dark; portal_session_my-portal=${token}`;
  for (const credential of [token, { token }, { cookie }, { cookie, origin: "http://localhost:3002" }]) {
    assert.equal((await portal.getSession(credential)).id, session.id);
  }
});

test("a logout ends the session and says where to go", async () => {
  const { token } = await signedIn({});
  const cookie = `portal_session_my-portal=${token}`;
  await assert.rejects(portal.endSession({ cookie }), { code: "authorization/forbidden" });
  const ended = await portal.endSession({ cookie, origin: "http://localhost:3002" });
  assert.equal(ended.returnUrl, "http://localhost:3001/billing");
  await assert.rejects(portal.getSession(token), isOver);
  await assert.rejects(portal.endSession({ token }), isOver);
});

test("a session's user gets a signed token for a few minutes", async () => {
  const { token } = await signedIn({});
  const issued = await portal.getToken(token);
  assert.ok(issued.expiresIn > 290 && issued.expiresIn <= 300, `${issued.expiresIn}`);
  assert.ok(issued.expiresAt instanceof Date);
  const claims = JSON.parse(Buffer.from(issued.token.split(".")[1], "base64url"));
  assert.equal(claims.iss, ISSUER);
});

test("authorize tells who is there, by names that no header could carry", async () => {
  const externalId = "jané, 100 %";
  const permissions = ["keys:*", "api.eu.read"];
  const { token, session } = await signedIn({ externalId, permissions, preview: true });
  const found = await portal.authorize(token, { permissions: ["keys:read", "api.eu.read"] });
  assert.deepEqual(found, {
    id: session.id,
    slug: "my-portal",
    externalId,
    permissions,
    environment: "live",
    preview: true,
    expiresAt: session.expiresAt,
  });
  const asks = portal.authorize(token, { permissions: ["keys:read", "api.us.read"] });
  await assert.rejects(asks, (error) => error instanceof InsufficientPermissionsError && error.status === 403);
});

test("authorize refuses another portal's session, and says where a dead one gets a new one", async () => {
  const { token } = await signedIn({});
  await assert.rejects(portal.authorize(token, { slug: "embedded" }), isOver);
  await portal.endSession(token);
  await assert.rejects(portal.authorize(token), isOver);
});
