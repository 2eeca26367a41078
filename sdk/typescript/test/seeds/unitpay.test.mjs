// As with UnitPay: a route mints a signed token for a customer, the page uses it, and the server ends it before its time.
// The product's calls, in their order and with their arguments, under the names that they have here (docs/coming-from.md).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { InvalidInputError, PortalSessionNotFoundError, Vestibule } from "@vestibule/sdk";
import { verifyToken } from "@vestibule/sdk/verify";

import { ISSUER } from "../support/gateway.mjs";
import { closeSites, site, startKnowingGateway } from "../support/seeds.mjs";

let gateway;
let vestibule;

before(async () => {
  gateway = await startKnowingGateway("jwt");
  vestibule = new Vestibule({ rootKey: process.env.VESTIBULE_ROOT_KEY });
});
after(() => (closeSites(), gateway.stop()));

const isOver = (error) => error instanceof PortalSessionNotFoundError;
const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

test("a route mints a token for whoever is signed in, and hands on nothing else", async () => {
  const visitorOf = async (request) => ({ externalId: request.headers.get("x-visitor") });
  const address = await site({
    "POST /component-token": async (request) => {
      const { externalId } = await visitorOf(request);
      const opened = await vestibule.sessionTokens.create({ externalId, ttlSeconds: 3600 });
      return Response.json({ token: opened.token });
    },
  });
  const answer = await fetch(`${address}/component-token`, { method: "POST", headers: { "x-visitor": "customer-7" } });
  const { token, ...rest } = await answer.json();
  assert.deepEqual(rest, {});
  const verified = await verifyToken(token, { issuer: ISSUER, audience: "embedded", url: gateway.url });
  assert.equal(verified.externalId, "customer-7");
});

test("a life is 60 to 86,400 seconds, 3,600 where none is named, and its end is an ISO text", async () => {
  for (const [ttlSeconds, lasts] of [[undefined, 3600], [60, 60], [86_400, 86_400]]) {
    const opened = await vestibule.sessionTokens.create({ externalId: "customer-7", ttlSeconds });
    const { iat, exp } = claimsOf(opened.token);
    assert.equal(exp - iat, lasts);
    assert.match(opened.expiresAtIso, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(Math.floor(Date.parse(opened.expiresAtIso) / 1000), exp);
  }
  for (const ttlSeconds of [59, 86_401]) {
    await assert.rejects(vestibule.sessionTokens.create({ externalId: "customer-7", ttlSeconds }), InvalidInputError);
  }
});

test("one session ends by its jti, all of a customer's by the customer", async () => {
  const mint = (externalId) => vestibule.sessionTokens.create({ externalId });
  const [first, second, another] = [await mint("customer-8"), await mint("customer-8"), await mint("customer-9")];
  await vestibule.sessionTokens.revoke({ id: claimsOf(first.token).jti });
  await assert.rejects(vestibule.getSession(first.token), isOver);
  assert.equal((await vestibule.getSession(second.token)).externalId, "customer-8");

  await vestibule.sessionTokens.revoke({ externalId: "customer-8" });
  await assert.rejects(vestibule.getSession(second.token), isOver);
  assert.equal((await vestibule.getSession(another.token)).externalId, "customer-9");
});
