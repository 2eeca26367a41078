// Every code of the gateway is a class of its own, with all that the gateway says.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import * as sdk from "@vestibule/sdk";

import { NARROW_KEY, ROOT_KEY, startGateway } from "./support/gateway.mjs";

const pages = new URL("../../../docs/errors/", import.meta.url);
let gateway;

before(async () => {
  gateway = await startGateway({ limits: { createPerMinute: 5 } });
});
after(() => gateway.stop());

const client = (rootKey, options = {}) => new sdk.Vestibule({ url: gateway.url, rootKey, retries: 0, ...options });
const jane = { slug: "my-portal", externalId: "jane", permissions: ["keys:read"] };
const caught = (promise) => promise.then(() => assert.fail("it was not refused"), (error) => error);

/** What a client gets from a server that answers this to everything. */
async function answered(status, headers, body) {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${server.address().port}`;
    return await caught(client(ROOT_KEY, { url }).sessions.create(jane));
  } finally {
    server.close();
  }
}

test("every code that has a page has a class", async () => {
  const codes = readdirSync(pages, { recursive: true }).filter((name) => name.endsWith(".md"));
  assert.ok(codes.length > 15, `${codes.length}`);
  const classes = new Set();
  for (const name of codes) {
    const code = name.slice(0, -3).replaceAll("\\", "/");
    const error = { type: `https://errors.example.com/${code}`, title: "T", status: 418, detail: "D" };
    const thrown = await answered(418, {}, JSON.stringify({ meta: { requestId: "req_1" }, error }));
    assert.ok(thrown instanceof sdk.GatewayError, code);
    assert.equal(thrown.code, code);
    assert.equal(sdk[thrown.name], thrown.constructor, code);
    assert.notEqual(thrown.constructor, sdk.GatewayError, `${code} has no class`);
    classes.add(thrown.constructor);
  }
  assert.equal(classes.size, codes.length);
});

test("a code of a later gateway is the class of all codes", async () => {
  for (const code of ["data/not_yet_thought_of", "constructor/prototype"]) {
    const body = { meta: {}, error: { type: `https://errors.example.com/${code}`, detail: "New." } };
    const thrown = await answered(422, { "X-Request-Id": "req_2" }, JSON.stringify(body));
    assert.equal(thrown.constructor, sdk.GatewayError);
    assert.deepEqual([thrown.code, thrown.requestId, thrown.detail], [code, "req_2", "New."]);
  }
});

test("an invalid request names all its faults", async () => {
  const thrown = await caught(client(ROOT_KEY).sessions.create({ ...jane, externalId: "", permissions: ["a..b"] }));
  assert.ok(thrown instanceof sdk.InvalidInputError);
  const places = thrown.errors.map((fault) => fault.location).sort();
  assert.deepEqual(places, ["body.externalId", "body.permissions[0]"]);
  assert.match(thrown.requestId, /^req_/);
  assert.ok(places.every((place) => thrown.message.includes(place)), thrown.message);
});

test("what the gateway refuses is told by class, without the credential", async () => {
  const unknown = "rk_live_nobody00000000000000000000000000nobody";
  for (const [kind, ask] of [
    ["KeyNotFoundError", () => client(unknown).sessions.create(jane)],
    ["CredentialsMalformedError", () => client("no key").sessions.create(jane)],
    ["PortalConfigNotFoundError", () => client(ROOT_KEY).sessions.create({ ...jane, slug: "elsewhere" })],
    ["InsufficientPermissionsError", () => client(NARROW_KEY).sessions.create({ ...jane, permissions: ["keys:write"] })],
    ["ForbiddenError", () => client(ROOT_KEY).sessionTokens.create(jane)],
    ["PortalSessionNotFoundError", () => client().exchange("pst_live_made_up")],
    ["PortalTokenMissingError", () => client().getSession({ cookie: "theme=dark" })],
  ]) {
    const thrown = await caught(ask());
    assert.ok(thrown instanceof sdk[kind], `${kind}: ${thrown.stack}`);
    assert.ok(!`${thrown.stack}${JSON.stringify(thrown)}`.includes(unknown));
    assert.match(thrown.type, /\/errors\//);
  }
});

test("a rate limit says how long to wait", async () => {
  let thrown;
  for (let tried = 0; tried < 12 && !(thrown instanceof sdk.RateLimitedError); tried += 1) {
    thrown = await client(NARROW_KEY).sessions.create(jane).catch((error) => error);
  }
  assert.ok(thrown instanceof sdk.RateLimitedError, `${thrown}`);
  assert.ok(Number.isInteger(thrown.retryAfter) && thrown.retryAfter > 0, `${thrown.retryAfter}`);
});

test("a success without its data is none: nothing has been ended, nobody is there", async () => {
  for (const body of ["", "{}", '{"data":null}', '{"data":"yes"}', '{"meta":{}}']) {
    const fetch = async () => new Response(body);
    const portal = client(ROOT_KEY, { fetch, portal: "my-portal" });
    for (const [name, call] of Object.entries({
      create: () => portal.sessions.create(jane),
      revoke: () => portal.sessions.revoke("sess_1"),
      list: () => portal.sessions.list({ externalId: "jane" }).next(),
      open: () => portal.sessionTokens.create(jane),
      exchange: () => portal.exchange("pst_live_x"),
      getSession: () => portal.getSession("ps_live_x"),
      getToken: () => portal.getToken("ps_live_x"),
      endSession: () => portal.endSession("ps_live_x"),
      authorize: () => portal.authorize("ps_live_x"),
    })) {
      await assert.rejects(async () => call(), sdk.UnexpectedAnswerError, `${name}: ${body}`);
    }
  }
});

test("an answer that is not the gateway's says so", async () => {
  for (const [status, headers, body] of [
    [200, {}, "<h1>Welcome to nginx</h1>"],
    [502, {}, "<h1>Bad Gateway</h1>"],
    [404, {}, '{"error":"not found"}'],
    [200, {}, "[1, 2]"],
    // Not followed: the root key would go along.
    [302, { Location: "http://127.0.0.1:9/" }, ""],
  ]) {
    const thrown = await answered(status, headers, body);
    assert.ok(thrown instanceof sdk.UnexpectedAnswerError, `${body}: ${thrown}`);
    assert.equal(thrown.status, status);
  }
});
