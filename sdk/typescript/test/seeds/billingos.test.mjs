// As with BillingOS: a server opens a session for a user, a route hands its token to the page, and the page keeps one that is good,
// or uses the one that it was given. The product's calls under the names that they have here (docs/coming-from.md).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PortalSessionNotFoundError, Vestibule } from "@vestibule/sdk";
import { createTokenClient, NotSignedInError } from "@vestibule/sdk/browser";

import { startTokenClient } from "../../dist/esm/browser/token_client.js";
import { testEnvironment } from "../support/browser.mjs";
import { api, closeSites, site, startKnowingGateway, TEST_KEY } from "../support/seeds.mjs";

let gateway;
let vestibule;

before(async () => {
  gateway = await startKnowingGateway();
  vestibule = new Vestibule({ rootKey: process.env.VESTIBULE_ROOT_KEY });
});
after(() => (closeSites(), gateway.stop()));

/** Ends with the test. */
function closing(context, client) {
  context.after(() => client.close());
  return client;
}

/** An application whose route asks who is signed in; `visitor` is changed by the test. */
async function application(visitor = { account: { id: "jane", email: "jane@example.com" } }) {
  const whoIsSignedIn = async () => visitor;
  const address = await site({
    "GET /token-for-page": async () => {
      const found = await whoIsSignedIn();
      if (!found?.account?.id) {
        return Response.json({ error: "Nobody is signed in" }, { status: 401 });
      }
      const { token, expiresAt } = await vestibule.sessionTokens.create({
        externalId: found.account.id,
        email: found.account.email,
        ttlSeconds: 3600,
      });
      return Response.json({ token, expiresAt });
    },
  });
  return { visitor, sessionTokenUrl: `${address}/token-for-page` };
}

test("a session has a token and a Date", async () => {
  const { token, expiresAt } = await vestibule.sessionTokens.create({ externalId: "jane", email: "jane@example.com", ttlSeconds: 3600 });
  assert.match(token, /^pt_live_/);
  assert.ok(expiresAt instanceof Date);
  const seconds = (expiresAt.getTime() - Date.now()) / 1000;
  assert.ok(seconds > 3590 && seconds <= 3601, `${seconds}`);
});

test("an organisation, operations and data go along", async () => {
  const { token } = await vestibule.sessionTokens.create({
    externalId: "jane",
    externalOrganizationId: "org-1",
    permissions: ["invoices:read"],
    metadata: { address: "203.0.113.7", agent: { name: "Firefox" } },
  });
  const session = await vestibule.getSession(token);
  assert.equal(session.externalOrganizationId, "org-1");
  assert.deepEqual(session.permissions, ["invoices:read"]);
  assert.deepEqual(session.metadata, { address: "203.0.113.7", agent: { name: "Firefox" } });
});

test("one is revoked by its id alone", async () => {
  const { id, token } = await vestibule.sessionTokens.create({ externalId: "jane" });
  await vestibule.sessionTokens.revoke(id);
  await assert.rejects(vestibule.getSession(token), PortalSessionNotFoundError);
});

test("the route answers a token and an ISO text, or 401", async () => {
  const { visitor, sessionTokenUrl } = await application();
  const { token, expiresAt } = await (await fetch(sessionTokenUrl)).json();
  assert.equal((await vestibule.getSession(token)).email, "jane@example.com");
  assert.equal(new Date(expiresAt).toISOString(), expiresAt);
  visitor.account = undefined;
  assert.equal((await fetch(sessionTokenUrl)).status, 401);
});

test("automatic: the page asks the route at once, keeps the token, and gets another before its end", async (context) => {
  const { visitor, sessionTokenUrl } = await application();
  let sleptMs = 0;
  const environment = testEnvironment({ wall: () => Date.now() + sleptMs });
  const client = closing(context, startTokenClient({ sessionTokenUrl }, environment));
  const first = await client.getToken();
  assert.equal(await client.getToken(), first);
  const renewed = new Promise((resolve) => client.subscribe(resolve));
  sleptMs = 50 * 60_000;
  assert.equal(await client.getToken(), first, "it holds for ten minutes more");
  await renewed;
  const second = await client.getToken();
  assert.notEqual(second, first);
  assert.equal((await vestibule.getSession(second)).externalId, "jane");
  visitor.account = undefined;
  sleptMs += 3_600_000;
  await assert.rejects(client.getToken(), NotSignedInError);
});

test("manual: the page uses the token that it was given", async (context) => {
  const { token } = await vestibule.sessionTokens.create({ externalId: "jane" });
  const client = closing(context, createTokenClient({ token }));
  assert.equal(await client.getToken(), token);
  assert.equal(client.status, "ready");
});

test("the token's prefix follows the root key, and the page's requests follow the prefix", async (context) => {
  const [inTest, inLive] = [[], []];
  const apis = { test: await api("/invoices", inTest), live: await api("/invoices", inLive) };
  for (const [rootKey, prefix, externalId] of [
    [process.env.VESTIBULE_ROOT_KEY, /^pt_live_/, "jane"],
    [TEST_KEY, /^pt_test_/, "jo"],
  ]) {
    const { token } = await new Vestibule({ rootKey }).sessionTokens.create({ externalId });
    assert.match(token, prefix);
    await closing(context, createTokenClient({ token, apis })).fetch("/invoices");
  }
  assert.deepEqual([inTest, inLive], [["jo"], ["jane"]]);
});
