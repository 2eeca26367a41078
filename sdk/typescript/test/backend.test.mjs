// What a backend does by its root key, against the real gateway.

import assert from "node:assert/strict";
import { after, before, mock, test } from "node:test";
import { inspect } from "node:util";

import { InsufficientPermissionsError, Vestibule, VestibuleError } from "@vestibule/sdk";

import { keyWithRights, ROOT_KEY, startGateway } from "./support/gateway.mjs";

const MINTING_KEY = "rk_live_acme00000000000000000000000000minting";

let gateway;
let vestibule;

before(async () => {
  gateway = await startGateway({ more: keyWithRights(MINTING_KEY, ["create"]) });
  vestibule = new Vestibule({ url: `${gateway.url}/`, rootKey: ROOT_KEY, portal: "my-portal", permissions: ["keys:read"] });
});
after(() => gateway.stop());

async function all(sessions) {
  const found = [];
  for await (const session of sessions) {
    found.push(session);
  }
  return found;
}

test("a created session has a link, and dates that are dates", async () => {
  const session = await vestibule.sessions.create({ externalId: "jane", email: null, externalOrganizationId: undefined });
  assert.match(session.url, /^http:\/\/localhost:3002\/\?session=pst_live_/);
  const minutes = (session.expiresAt.getTime() - Date.now()) / 60_000;
  assert.ok(minutes > 14 && minutes < 16, `${minutes}`);
  assert.equal(session.expiresIn, 900);
});

test("a call's own portal and permissions go before the defaults", async () => {
  const opened = await vestibule.sessionTokens.create({ slug: "embedded", externalId: "jo", permissions: ["keys:write"], email: "jo@example.com" });
  const session = await vestibule.getSession(opened.token, { slug: "embedded" });
  assert.deepEqual(session.permissions, ["keys:write"]);
  assert.equal(opened.environment, "live");
  assert.ok(opened.expiresAt instanceof Date);
  assert.equal(opened.expiresAtIso, opened.expiresAt.toISOString());
});

test("a list goes over pages by itself, newest first", async () => {
  const created = [];
  for (let number = 0; number < 5; number += 1) {
    created.unshift((await vestibule.sessions.create({ externalId: "lister" })).id);
  }
  const calls = [];
  const counting = (url, init) => {
    calls.push(url);
    return fetch(url, init);
  };
  const client = new Vestibule({ url: gateway.url, rootKey: ROOT_KEY, portal: "my-portal", fetch: counting });
  const listed = await all(client.sessions.list({ externalId: "lister", limit: 2 }));
  assert.deepEqual(listed.map((session) => session.id).sort(), created.sort());
  assert.ok(listed.every((session) => session.createdAt instanceof Date && session.state === "pending"));
  assert.equal(calls.length, 3);
  // Whoever stops early asks no further.
  for await (const session of client.sessions.list({ externalId: "lister", limit: 2 })) {
    assert.ok(session.id);
    break;
  }
  assert.equal(calls.length, 4);
});

test("revoking ends one session, or all but one of a user's", async () => {
  const [first, second, third] = [
    await vestibule.sessions.create({ externalId: "leaver" }),
    await vestibule.sessions.create({ externalId: "leaver" }),
    await vestibule.sessions.create({ externalId: "leaver" }),
  ];
  assert.deepEqual(await vestibule.sessions.revoke({ id: first.id }), { revoked: 1 });
  assert.deepEqual(await vestibule.sessions.revoke({ id: first.id }), { revoked: 0 });
  assert.deepEqual(await vestibule.sessions.revoke({ externalId: "leaver", except: second.id }), { revoked: 1 });
  const left = await all(vestibule.sessions.list({ externalId: "leaver" }));
  assert.deepEqual(left.map((session) => session.id), [second.id]);
  assert.notEqual(third.id, second.id);
});

test("a text names one session: by its handle or its token, whichever kind it is", async () => {
  const direct = { slug: "embedded", externalId: "jo", email: "jo@example.com" };
  const [one, other, jwt] = [
    await vestibule.sessionTokens.create(direct),
    await vestibule.sessionTokens.create(direct),
    await vestibule.sessionTokens.create({ ...direct, format: "jwt" }),
  ];
  const browser = await vestibule.sessions.create({ externalId: "jo" });
  assert.deepEqual(await vestibule.sessionTokens.revoke(one.id), { revoked: 1 });
  assert.deepEqual(await vestibule.sessionTokens.revoke(other.token), { revoked: 1 });
  assert.deepEqual(await vestibule.sessions.revoke(jwt.token), { revoked: 1 });
  assert.deepEqual(await vestibule.sessionTokens.revoke(browser.id), { revoked: 1 });
  await assert.rejects(vestibule.sessionTokens.revoke("neither"), { status: 400, code: "application/invalid_input" });
});

test("all of a user's sessions means every portal, whatever the client's default is", async () => {
  await vestibule.sessions.create({ externalId: "everywhere" });
  await vestibule.sessionTokens.create({ slug: "embedded", externalId: "everywhere" });
  assert.deepEqual(await vestibule.sessions.revoke({ externalId: "everywhere" }), { revoked: 2 });
});

test("a session is explained: by its handle, by its link as it was pasted, or with the user's others", async () => {
  const { id, url, sessionId } = await vestibule.sessions.create({ externalId: "puzzled" });
  const pending = await vestibule.sessions.explain(id);
  assert.deepEqual([pending.id, pending.state, pending.externalId], [id, "pending", "puzzled"]);
  assert.ok(pending.events[0].at instanceof Date && Math.abs(pending.events[0].at - Date.now()) < 60_000);
  assert.deepEqual(pending.events.map(({ event }) => event), ["session.created"]);
  await vestibule.exchange(sessionId);
  await assert.rejects(vestibule.exchange(sessionId));
  for (const what of [`  Look: ${url} `, { sessionId: url }]) {
    const used = await vestibule.sessions.explain(what);
    assert.deepEqual([used.id, used.state], [id, "used"]);
    assert.match(used.sentence, /works only once/);
    assert.deepEqual(used.events.map(({ event }) => event), ["session.created", "session.exchanged", "session.refused"]);
  }
  const later = await vestibule.sessions.create({ externalId: "puzzled" });
  const latest = await vestibule.sessions.explain({ externalId: "puzzled" });
  assert.deepEqual(latest.map((session) => [session.id, session.state]), [[later.id, "pending"], [id, "active"]]);
  assert.ok(latest.every(({ events }) => events.every(({ at }) => at instanceof Date)));
});

test("what nobody knows is explained as that, and a key without the right is told so", async () => {
  const unknown = await vestibule.sessions.explain("sess_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  assert.deepEqual([unknown.state, unknown.id, unknown.events], ["unknown", undefined, []]);
  assert.deepEqual(await vestibule.sessions.explain({ externalId: "nobody" }), []);
  const client = new Vestibule({ url: gateway.url, rootKey: MINTING_KEY, portal: "my-portal" });
  await assert.rejects(client.sessions.explain("sess_1"), InsufficientPermissionsError);
});

test("a warning is printed once, and not in production", async (context) => {
  const warn = context.mock.method(console, "warn", () => {});
  const doubtful = { externalId: "star", permissions: ["*"] };
  await vestibule.sessions.create(doubtful);
  await vestibule.sessions.create(doubtful);
  assert.equal(warn.mock.callCount(), 1);
  assert.match(warn.mock.calls[0].arguments[0], /^vestibule: /);

  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = "production";
  try {
    const client = new Vestibule({ url: gateway.url, rootKey: ROOT_KEY, portal: "my-portal" });
    await client.sessions.create(doubtful);
  } finally {
    process.env.NODE_ENV = before ?? "";
  }
  assert.equal(warn.mock.callCount(), 1);
});

test("the environment says where the gateway is, if nobody else does", async (context) => {
  process.env.VESTIBULE_URL = gateway.url;
  context.after(() => delete process.env.VESTIBULE_URL);
  const client = new Vestibule({ rootKey: ROOT_KEY, portal: "my-portal", permissions: ["keys:read"] });
  assert.match((await client.sessions.create({ externalId: "jane" })).id, /^sess_/);
});

test("nothing that prints the client prints the root key", () => {
  const texts = [inspect(vestibule, { depth: 9, showHidden: true }), JSON.stringify(vestibule), String(vestibule)];
  assert.ok(texts.every((text) => !text.includes(ROOT_KEY)));
});

test("an address that is none, a missing key and a page are refused with words", async () => {
  assert.throws(() => new Vestibule({ url: "sessions.example.com" }), /such as https:/);
  assert.throws(() => new Vestibule(), /VESTIBULE_URL in the environment/);
  const keyless = new Vestibule({ url: gateway.url, portal: "my-portal" });
  await assert.rejects(keyless.sessions.create({ externalId: "jane" }), (error) => {
    return error instanceof VestibuleError && /rootKey/.test(error.message);
  });
  globalThis.document = {};
  try {
    assert.throws(() => new Vestibule({ url: gateway.url, rootKey: ROOT_KEY }), /for servers/);
  } finally {
    delete globalThis.document;
    mock.reset();
  }
});
