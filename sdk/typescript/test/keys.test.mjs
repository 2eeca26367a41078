// How often a verifier asks for the gateway's keys. Time is handed in; the keys are real ones.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";

import { KeySet } from "../dist/esm/verify/keys.js";

function jwk(kid, kind) {
  const [type, options, alg] = kind === "EdDSA" ? ["ed25519", {}, "EdDSA"] : ["ec", { namedCurve: "P-256" }, "ES256"];
  return { ...generateKeyPairSync(type, options).publicKey.export({ format: "jwk" }), kid, alg, use: "sig" };
}

/** A key set at a time that the test moves, from a gateway that the test can break. */
function stage(...keys) {
  const state = { keys, nowMs: 0, asked: 0, broken: false, hangs: false };
  const answer = async () => {
    state.asked += 1;
    if (state.broken) {
      throw new TypeError("fetch failed");
    }
    if (state.hangs) {
      return new Promise(() => {});
    }
    return Response.json({ keys: state.keys });
  };
  const set = new KeySet({ url: "https://sessions.example.com/jwks", fetch: answer, now: () => state.nowMs });
  return Object.assign(state, { set, knows: async (kid) => (await set.find(kid)) !== undefined });
}

test("known keys are asked for once in five minutes", async () => {
  const at = stage(jwk("a"), jwk("b", "EdDSA"));
  assert.deepEqual(await Promise.all(["a", "b", "a"].map(at.knows)), [true, true, true]);
  at.nowMs = 299_999;
  assert.ok(await at.knows("a"));
  assert.equal(at.asked, 1);
  at.nowMs = 300_000;
  assert.ok(await at.knows("a"));
  assert.equal(at.asked, 2);
});

test("a thousand unknown keys ask once in 30 seconds", async () => {
  const at = stage(jwk("a"));
  assert.ok(await at.knows("a"));
  for (at.nowMs = 1; at.nowMs <= 60_000; at.nowMs += 60) {
    assert.equal(await at.knows(`made-up-${at.nowMs}`), false);
  }
  assert.equal(at.asked, 2);
});

test("a new key is found as soon as it may be asked for", async () => {
  const at = stage(jwk("old"));
  await at.knows("old");
  at.keys = [jwk("old"), jwk("new")];
  at.nowMs = 30_000;
  assert.ok(await at.knows("new"));
});

test("a removed key is forgotten after five minutes", async () => {
  const at = stage(jwk("leaked"), jwk("kept"));
  assert.ok(await at.knows("leaked"));
  at.keys = [jwk("kept")];
  at.nowMs = 300_000;
  assert.equal(await at.knows("leaked"), false);
});

test("an outage is bridged for an hour, and asked about once in 30 seconds", async () => {
  const at = stage(jwk("a"));
  await at.knows("a");
  at.broken = true;
  for (at.nowMs = 300_000; at.nowMs < 360_000; at.nowMs += 1_000) {
    assert.ok(await at.knows("a"));
  }
  assert.equal(at.asked, 3);
  at.nowMs = 3_600_000;
  await assert.rejects(at.knows("a"), { name: "ConnectionError" });
  at.broken = false;
  at.nowMs += 1_000;
  assert.ok(await at.knows("a"));
});

test("who knows the key waits a second for newer ones, together with all others, and no more until the next fetch", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const at = stage(jwk("a"));
  await at.knows("a");
  [at.nowMs, at.hangs] = [300_000, true];
  const first = at.knows("a");
  at.nowMs += 400;
  const second = at.knows("a");
  context.mock.timers.tick(999);
  assert.equal(await Promise.race([first, "waits"]), "waits");
  assert.ok(await second, "600 ms were left");
  context.mock.timers.tick(1);
  assert.ok(await first);
  at.nowMs = 301_000;
  context.mock.timers.tick(0);
  const third = at.knows("a");
  context.mock.timers.tick(0);
  assert.ok(await third);
  assert.equal(at.asked, 2);
});

test("a fetch that nobody hears of again holds nobody up for ever", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const at = stage(jwk("a"));
  at.hangs = true;
  const first = at.knows("a");
  context.mock.timers.tick(10_000);
  await assert.rejects(first, { name: "TimeoutError" });
  [at.nowMs, at.hangs] = [10_001, false];
  assert.ok(await at.knows("a"));
});

test("a server that has begun in an outage asks once a second", async () => {
  const at = stage(jwk("a"));
  at.broken = true;
  for (at.nowMs = 0; at.nowMs < 3_000; at.nowMs += 10) {
    await assert.rejects(at.knows("a"), { name: "ConnectionError" });
  }
  assert.equal(at.asked, 3);
  at.broken = false;
  assert.ok(await at.knows("a"));
});

test("keys that cannot be used do not spoil the others", async () => {
  const rsa = { kty: "RSA", kid: "rsa", alg: "RS256", n: "AQAB", e: "AQAB" };
  const secret = { kty: "oct", kid: "secret", alg: "HS256", k: "AAAA" };
  const broken = { ...jwk("broken"), x: "AAAA" };
  const at = stage(rsa, secret, broken, jwk("a"));
  const known = await Promise.all(["rsa", "secret", "broken", "a"].map(at.knows));
  assert.deepEqual(known, [false, false, false, true]);
});
