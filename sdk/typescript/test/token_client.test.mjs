// The token client in a played browser, with tokens of the real gateway. When it renews is the matter of the model's test.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { Vestibule } from "@vestibule/sdk";
import { NotSignedInError, UserChangedError } from "@vestibule/sdk/browser";

import { startTokenClient } from "../dist/esm/browser/token_client.js";
import { reaches, testEnvironment, TestLocks, unhandledIn } from "./support/browser.mjs";
import { ROOT_KEY, startGateway } from "./support/gateway.mjs";

let gateway;
let vestibule;
let names = 0;

before(async () => {
  gateway = await startGateway();
  vestibule = new Vestibule({ url: gateway.url, rootKey: ROOT_KEY, portal: "embedded", permissions: ["keys:read"] });
});
after(() => gateway.stop());

/** What an application's backend does; counts its calls. */
function backend(fields = {}) {
  const mint = async () => {
    mint.calls += 1;
    return vestibule.sessionTokens.create({ externalId: "jane", email: "jane@example.com", ...fields });
  };
  return Object.assign(mint, { calls: 0 });
}

/** Clients that end with the test. */
function opener(context) {
  const name = `test-${names++}`;
  return (options, environment = testEnvironment()) => {
    const client = startTokenClient({ name, ...options }, environment);
    context.after(() => client.close());
    return client;
  };
}

test("twenty tabs share one token, and a later one gets it too", async (context) => {
  const open = opener(context);
  const fetchToken = backend();
  const locks = new TestLocks();
  const tabs = Array.from({ length: 20 }, () => open({ fetchToken }, testEnvironment({ locks })));
  const tokens = await Promise.all(tabs.map((tab) => tab.getToken()));
  tokens.push(await open({ fetchToken }, testEnvironment({ locks })).getToken());
  assert.equal(new Set(tokens).size, 1);
  assert.equal(fetchToken.calls, 1);
  assert.equal((await vestibule.getSession(tokens[0])).externalId, "jane");
});

test("it works without locks and without channels", async (context) => {
  const bare = testEnvironment({ locks: undefined, channel: () => undefined });
  const token = await opener(context)({ fetchToken: backend() }, bare).getToken();
  assert.match(token, /^pt_live_/);
});

test("where locks are forbidden, as in a sandboxed frame, a tab renews by itself", async (context) => {
  let requests = 0;
  const request = () => {
    requests += 1;
    // A hundredth time would be followed by a millionth, and the page would hang.
    return requests > 100 ? new Promise(() => {}) : Promise.reject(new DOMException("Access is denied.", "SecurityError"));
  };
  const client = opener(context)({ fetchToken: backend() }, testEnvironment({ locks: { request } }));
  await Promise.race([client.getToken(), new Promise((resolve) => setTimeout(resolve, 5_000).unref())]);
  assert.deepEqual([client.status, requests], ["ready", 1]);
});

test("a listener that throws stops neither the client nor the others", async (context) => {
  const unhandled = unhandledIn(context);
  const client = opener(context)({ fetchToken: backend() });
  client.subscribe(() => {
    throw new Error("a fault of the page");
  });
  let told = 0;
  client.subscribe(() => (told += 1));
  await client.getToken();
  await new Promise(setImmediate);
  assert.deepEqual([told, unhandled], [1, ["a fault of the page"]]);
});

/** Ends by itself, or hangs until the limit. */
const ON_A_SERVER = `
  import { createTokenClient } from "@vestibule/sdk/browser";
  globalThis.fetch = async () => (console.log("it asks"), Response.json({ token: "pt_live_other", expiresIn: 3_600 }));
  const token = { token: "pt_live_jane", expiresIn: 3_600 };
  const [jane, jo] = [{ token }, {}].map((options) => createTokenClient({ sessionTokenUrl: "https://app.example.com/token", ...options }));
  console.log(jane.status, await jane.getToken());
  console.log(jo.status, jo.token, await jo.getToken().catch((error) => error.message));
`;

test("on a server nothing happens: users share no token, nobody asks, and the process ends", async () => {
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", ON_A_SERVER], { timeout: 5_000 });
  const { stdout } = await run;
  assert.equal(stdout, "ready pt_live_jane\nloading undefined Closed, or not in a page.\n");
});

test("a tab waits for another one's slow answer, and has not failed meanwhile", async (context) => {
  const open = opener(context);
  const bare = () => testEnvironment({ locks: undefined });
  let answer;
  const slow = new Promise((resolve) => (answer = resolve));
  let first;
  // It has asked whether anybody has a token, and goes on.
  await new Promise((asks) => {
    first = open({ fetchToken: () => (asks(), slow) }, bare());
  });
  const second = open({ fetchToken: () => assert.fail("it asks, too") }, bare());
  const statuses = new Set([second.status]);
  second.subscribe(() => statuses.add(second.status));
  const waits = second.getToken();
  setTimeout(() => answer({ token: "pt_live_1", expiresIn: 60 }), 200);
  assert.equal(await waits, "pt_live_1");
  assert.equal(await first.getToken(), "pt_live_1");
  assert.deepEqual([...statuses], ["loading", "ready"]);
});

test("a frozen tab that holds the turn stops nobody", async (context) => {
  const locks = new TestLocks();
  locks.freeze("vestibule:frozen:0");
  const fetchToken = backend();
  const open = opener(context);
  const tabs = [1, 2, 3].map(() => open({ fetchToken, name: "frozen" }, testEnvironment({ locks })));
  await Promise.all(tabs.map((tab) => tab.getToken()));
  assert.equal(fetchToken.calls, 1);
});

test("a page that slept through its token's life gets another", async (context) => {
  const fetchToken = backend();
  let sleptMs = 0;
  const environment = testEnvironment({ wall: () => Date.now() + sleptMs });
  const client = opener(context)({ fetchToken }, environment);
  const first = await client.getToken();
  sleptMs = 8 * 3_600_000;
  assert.notEqual(await client.getToken(), first);
  assert.equal(fetchToken.calls, 2);
});

test("a rendered token is used first, and a JWT says its life itself", async (context) => {
  const fetchToken = backend();
  const rendered = await vestibule.sessionTokens.create({ externalId: "jane", email: "jane@example.com", format: "jwt" });
  const client = opener(context)({ fetchToken, token: { token: rendered.token } });
  assert.equal(await client.getToken(), rendered.token);
  assert.equal(fetchToken.calls, 0);
});

test("a token alone is used to its end, and no other tab gets it", async (context) => {
  const locks = new TestLocks();
  let sleptMs = 0;
  // The page had been open for an hour when it was given the token.
  const environment = testEnvironment({ locks, wall: () => Date.now() + sleptMs, monotonic: () => performance.now() + 3_600_000 });
  const open = opener(context);
  const { token } = await vestibule.sessionTokens.create({ externalId: "jane", email: "jane@example.com", ttlSeconds: 60, format: "jwt" });
  const client = open({ token }, environment);
  assert.equal(await client.getToken(), token);
  const fetchToken = backend();
  assert.notEqual(await open({ fetchToken }, testEnvironment({ locks })).getToken(), token);
  sleptMs = 61_000;
  await assert.rejects(client.getToken(), /othing renews /);
  assert.equal(client.status, "failing");
});

test("an opaque token alone has no end that the page could know", async (context) => {
  let sleptMs = 0;
  const client = opener(context)({ token: "pt_live_1" }, testEnvironment({ wall: () => Date.now() + sleptMs }));
  sleptMs = 30 * 86_400_000;
  assert.equal(await client.getToken(), "pt_live_1");
  assert.equal(client.status, "ready");
  assert.throws(() => opener(context)({}), /sessionTokenUrl, fetchToken or token/);
});

/** An endpoint of an application, which answers this. */
async function endpoint(context, status, body = "", headers = {}) {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/session-token`;
}

test("401 of the endpoint means signed out, told once", async (context) => {
  const client = opener(context)({ sessionTokenUrl: await endpoint(context, 401) });
  let told = 0;
  client.subscribe(() => (told += 1));
  await assert.rejects(client.getToken(), NotSignedInError);
  await assert.rejects(client.getToken(), NotSignedInError);
  assert.equal(client.status, "signed_out");
  assert.equal(told, 1);
});

test("every other failure is no sign-out, and is told to those who wait", async (context) => {
  for (const [status, body, words] of [
    [500, "", /answered 500/],
    [429, "", /answered 429/],
    [403, "", /answered 403/],
    [200, "<h1>Hello</h1>", /JSON/],
    [200, '{"token":"pt_live_1"}', /expiresIn/],
    [200, '{"expiresIn":60}', /expiresIn/],
  ]) {
    const client = opener(context)({ sessionTokenUrl: await endpoint(context, status, body) });
    await assert.rejects(client.getToken(), words, `${status} ${body}`);
    assert.equal(client.status, "failing");
  }
});

test("the endpoint is asked by POST, and its token given", async (context) => {
  const url = await endpoint(context, 200, '{"token":"pt_live_1","expiresIn":60}');
  assert.equal(await opener(context)({ sessionTokenUrl: url }).getToken(), "pt_live_1");
});

test("an end alone is measured by the clock of the endpoint's server", async (context) => {
  const date = new Date(Date.now() - 86_400_000);
  for (const end of [new Date(date.getTime() + 60_000).toISOString(), date.getTime() + 60_000]) {
    const body = JSON.stringify({ token: "pt_live_1", expiresAt: end });
    const sessionTokenUrl = await endpoint(context, 200, body, { date: date.toUTCString() });
    let sleptMs = 0;
    const client = opener(context)({ sessionTokenUrl }, testEnvironment({ wall: () => Date.now() + sleptMs }));
    assert.equal(await client.getToken(), "pt_live_1");
    sleptMs = 45_000;
    assert.equal(client.status, "ready");
    sleptMs = 60_000;
    assert.notEqual(client.status, "ready");
  }
});

test("an endpoint that answers to GET alone, with a time instead of a life, will do", async (context) => {
  const methods = [];
  const server = createServer((request, response) => {
    methods.push(request.method);
    const body = { token: `pt_live_${methods.length}`, expiresAt: new Date(Date.now() + 3_600_000) };
    response.writeHead(request.method === "GET" ? 200 : 405).end(JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  let sleptMs = 0;
  const environment = testEnvironment({ wall: () => Date.now() + sleptMs });
  const client = opener(context)({ sessionTokenUrl: `http://127.0.0.1:${server.address().port}/` }, environment);
  assert.equal(await client.getToken(), "pt_live_2");
  assert.ok(client.secondsLeft > 3_590 && client.secondsLeft <= 3_600, `${client.secondsLeft}`);
  sleptMs = 3_600_000;
  assert.equal(await client.getToken(), "pt_live_3");
  assert.deepEqual(methods, ["POST", "GET", "GET"]);
});

test("a missing endpoint is not asked twice as often", async (context) => {
  const fetch = context.mock.fn(async () => new Response("", { status: 404 }));
  const client = opener(context)({ sessionTokenUrl: "https://app.example.com/token" }, testEnvironment({ fetch }));
  await assert.rejects(client.getToken(), /answered 404/);
  await reaches(client, "loading");
  await reaches(client, "failing");
  assert.deepEqual(fetch.mock.calls.map(({ arguments: [, init] }) => init.method), ["POST", "GET", "GET"]);
});

test("another user's token replaces nothing", async (context) => {
  const users = ["jane", "jo"];
  const fetchToken = async () => ({ token: `of-${users[0]}`, expiresIn: 60, externalId: users.shift() });
  let sleptMs = 0;
  const client = opener(context)({ fetchToken }, testEnvironment({ wall: () => Date.now() + sleptMs }));
  assert.equal(await client.getToken(), "of-jane");
  sleptMs = 50_000;
  const changed = reaches(client, "user_changed");
  assert.equal(await client.getToken(), "of-jane");
  await changed;
  sleptMs = 100_000;
  await assert.rejects(client.getToken(), UserChangedError);
});

test("a request goes to the API of its token's environment, and nowhere else", async (context) => {
  const apis = { test: "https://test.example.com/v1/", live: "https://api.example.com/v1/" };
  for (const [token, url] of [
    ["pt_test_1", "https://test.example.com/v1/keys"],
    ["pt_live_1", "https://api.example.com/v1/keys"],
  ]) {
    const sent = [];
    const environment = testEnvironment({ fetch: async (...call) => (sent.push(call), new Response()) });
    const client = opener(context)({ fetchToken: async () => ({ token, expiresIn: 60 }), apis }, environment);
    await client.fetch("keys", { method: "POST", headers: { "x-mine": "1" } });
    const [[to, init]] = sent;
    assert.equal(`${to}`, url);
    assert.deepEqual([...init.headers], [["authorization", `Bearer ${token}`], ["x-mine", "1"]]);
    for (const elsewhere of ["https://evil.example/", "//evil.example/", "http://api.example.com/"]) {
      await assert.rejects(client.fetch(elsewhere), TypeError);
    }
    assert.equal(sent.length, 1);
  }
});
