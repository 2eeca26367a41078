// What is tried again, and what is not: each fault is put between the client and the real gateway.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ConnectionError, ServiceUnavailableError, TimeoutError, Vestibule } from "@vestibule/sdk";

import { ROOT_KEY, startGateway } from "./support/gateway.mjs";

let gateway;
before(async () => {
  gateway = await startGateway();
});
after(() => gateway.stop());

const refuses = (status, code, headers = {}) => () => {
  const error = { type: `https://errors.example.com/${code}`, title: "", status, detail: "As the test wants." };
  return new Response(JSON.stringify({ meta: { requestId: "req_1" }, error }), { status, headers });
};
const unavailable = refuses(503, "application/service_unavailable", { "Retry-After": "0" });
const limited = (seconds) => refuses(429, "too_many_requests/rate_limited", { "Retry-After": `${seconds}` });
const fails = (code) => () => {
  throw new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
};
/** Carried out, but the answer never arrives. */
const loses = async (url, init) => {
  await (await fetch(url, init)).text();
  fails("ECONNRESET")();
};
const hangs = (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** A client that meets these faults first, one a try; `tries` has what it sent. */
function meeting(...faults) {
  const tries = [];
  const between = (url, init) => {
    tries.push(init);
    return (faults.shift() ?? fetch)(url, init);
  };
  const options = { url: gateway.url, rootKey: ROOT_KEY, portal: "my-portal", permissions: ["keys:read"] };
  return { tries, client: new Vestibule({ ...options, fetch: between }) };
}

const create = (client) => client.sessions.create({ externalId: "jane" });
const open = (client) => client.sessionTokens.create({ slug: "embedded", externalId: "jane", email: "jane@example.com" });

test("a session whose answer was lost is created again", async () => {
  const { client, tries } = meeting(loses, unavailable);
  assert.ok((await create(client)).url);
  assert.equal(tries.length, 3);
});

test("an exchange whose answer was lost locks nobody out", async () => {
  const { client, tries } = meeting(fetch, loses, loses);
  const { sessionId } = await create(client);
  assert.ok((await client.exchange(sessionId)).token);
  const keys = tries.slice(1).map((init) => init.headers["idempotency-key"]);
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1);
  const another = await client.exchange((await create(client)).sessionId);
  assert.ok(another.token);
  assert.notEqual(tries.at(-1).headers["idempotency-key"], keys[0]);
});

test("a direct session is opened again only where none can exist", async () => {
  for (const [fault, tried] of [
    [loses, 1],
    [unavailable, 1],
    [fails("ECONNREFUSED"), 2],
    [limited(0), 2],
  ]) {
    const { client, tries } = meeting(fault);
    await open(client).then(() => assert.equal(tried, 2), () => assert.equal(tried, 1));
    assert.equal(tries.length, tried, `${fault}`);
  }
});

test("what is refused for good is not tried again", async () => {
  const { client, tries } = meeting();
  await assert.rejects(client.getSession("ps_live_made_up"), { status: 401 });
  assert.equal(tries.length, 1);
});

test("it gives up after its tries with the last error", async () => {
  const { client, tries } = meeting(unavailable, unavailable, unavailable);
  await assert.rejects(create(client), ServiceUnavailableError);
  assert.equal(tries.length, 3);
  const impatient = meeting(fails("ECONNRESET"));
  await assert.rejects(impatient.client.sessions.create({ externalId: "jane" }, { retries: 0 }), (error) => {
    return error instanceof ConnectionError && error.cause.cause.code === "ECONNRESET";
  });
});

test("whoever would have to wait long is told at once", async () => {
  const { client, tries } = meeting(limited(60));
  await assert.rejects(create(client), { retryAfter: 60 });
  assert.equal(tries.length, 1);
});

test("a gateway that hangs is given up in time, and tried again", async () => {
  const { client, tries } = meeting(hangs);
  assert.ok((await client.sessions.create({ externalId: "jane" }, { timeoutMs: 300 })).url);
  assert.equal(tries.length, 2);
  const hanging = meeting(hangs).client;
  await assert.rejects(hanging.sessions.create({ externalId: "jane" }, { timeoutMs: 50, retries: 0 }), TimeoutError);
});

test("whoever aborts waits for nothing", async () => {
  const reason = new Error("enough");
  for (const fault of [hangs, limited(9)]) {
    const abort = new AbortController();
    const { client, tries } = meeting((url, init) => {
      queueMicrotask(() => setImmediate(() => abort.abort(reason)));
      return fault(url, init);
    });
    await assert.rejects(client.sessions.create({ externalId: "jane" }, { signal: abort.signal }), reason);
    assert.equal(tries.length, 1);
  }
});
