// As with Portal: a backend opens a session for one client when a user signs in, and the app's own client works with its token
// alone. The product's calls, in their order, under the names that they have here (docs/coming-from.md).

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import express from "express";

import { Vestibule } from "@vestibule/sdk";
import { createTokenClient } from "@vestibule/sdk/browser";

import { api, closeSites, listen, startKnowingGateway } from "../support/seeds.mjs";

let gateway;
let vestibule;

before(async () => {
  gateway = await startKnowingGateway();
  vestibule = new Vestibule({ rootKey: process.env.VESTIBULE_ROOT_KEY });
});
after(() => (closeSites(), gateway.stop()));

/** The backend's endpoint, behind the application's own check of who is signed in. */
function backend() {
  const app = express();
  const members = { jane: { walletUser: "client-1" } };
  const signedIn = (request, response, next) => {
    request.member = members[request.get("x-member")];
    return request.member === undefined ? response.sendStatus(401) : next();
  };
  app.post("/wallet-session", signedIn, async (request, response) => {
    const opened = await vestibule.sessionTokens.create({ externalId: request.member.walletUser });
    response.json({ token: opened.token });
  });
  return listen(createServer(app));
}

test("a session of one client has a token to hand on and an id to end it by", async () => {
  const opened = await vestibule.sessionTokens.create({ externalId: "client-1", preview: false });
  assert.match(opened.token, /^pt_live_/);
  assert.match(opened.id, /^sess_/);
  assert.equal((await vestibule.getSession(opened.token)).externalId, "client-1");
});

test("the app gets a token from its backend and works with nothing else", async (context) => {
  const address = await backend();
  const wallets = await api("/wallets");
  const answer = await fetch(`${address}/wallet-session`, { method: "POST", headers: { "x-member": "jane" } });
  const { token } = await answer.json();
  const client = createTokenClient({ token, apis: { live: wallets, test: wallets } });
  context.after(() => client.close());
  const made = await client.fetch("/wallets", { method: "POST" });
  assert.deepEqual(await made.json(), { externalId: "client-1" });

  const stranger = await fetch(`${address}/wallet-session`, { method: "POST" });
  assert.equal(stranger.status, 401);
});

test("a session that was ended is refused, whoever still holds its token", async (context) => {
  const wallets = await api("/wallets");
  const opened = await vestibule.sessionTokens.create({ externalId: "client-2" });
  const client = createTokenClient({ token: opened.token, apis: { live: wallets, test: wallets } });
  context.after(() => client.close());
  assert.equal((await client.fetch("/wallets")).status, 200);
  await vestibule.sessionTokens.revoke(opened.id);
  assert.equal((await client.fetch("/wallets")).status, 401);
});
