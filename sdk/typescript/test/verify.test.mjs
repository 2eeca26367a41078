// Signed tokens of the real gateway, checked without it; and what somebody without its key could make of them. The whole corpus
// of attacks is tried in tests/verifiers.rs.

import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { after, before, test } from "node:test";

import { Vestibule } from "@vestibule/sdk";
import { InvalidTokenError, verifyToken } from "@vestibule/sdk/verify";

import { ISSUER, ROOT_KEY, startGateway } from "./support/gateway.mjs";

let gateway;
let vestibule;
let opened;
let options;

before(async () => {
  gateway = await startGateway();
  vestibule = new Vestibule({ url: gateway.url, rootKey: ROOT_KEY, portal: "embedded" });
  const jane = { externalId: "jané", email: "jane@example.com", externalOrganizationId: "org_1", permissions: ["keys:read"] };
  opened = await vestibule.sessionTokens.create({ ...jane, format: "jwt" });
  options = { issuer: ISSUER, audience: "embedded", url: gateway.url };
});
after(() => gateway.stop());

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const decode = (segment) => JSON.parse(Buffer.from(segment, "base64url"));
const refusedAs = (reason) => (error) => error instanceof InvalidTokenError && error.reason === reason;
const own = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** The genuine token with another header and other claims, signed by whoever likes. */
function forged({ header = {}, claims = {}, by = () => "" }) {
  const [head, body] = opened.token.split(".").slice(0, 2).map(decode);
  const signed = `${encode({ ...head, ...header })}.${encode({ ...body, ...claims })}`;
  return `${signed}.${by(signed)}`;
}
const byOwnKey = (signed) => {
  return sign("sha256", Buffer.from(signed), { key: own.privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
};

test("a genuine token says whose it is", async () => {
  const token = await verifyToken(opened.token, options);
  assert.deepEqual(
    [token.id, token.externalId, token.externalOrganizationId, token.email, token.permissions, token.environment],
    [opened.id, "jané", "org_1", "jane@example.com", ["keys:read"], "live"],
  );
  assert.equal(token.expiresAt.getTime(), Math.floor(opened.expiresAt.getTime() / 1000) * 1000);
});

test("a token of a browser session, made by getToken, is genuine too", async () => {
  const created = await vestibule.sessions.create({ slug: "my-portal", externalId: "jo", permissions: ["keys:read"] });
  const { token } = await vestibule.exchange(created.sessionId);
  const issued = await vestibule.getToken(token, { slug: "my-portal" });
  const verified = await verifyToken(issued.token, { ...options, audience: "my-portal", issuer: `${ISSUER}/` });
  assert.deepEqual([verified.externalId, verified.use], ["jo", "call"]);
  // The gateway knows no such credential, so it cannot be asked.
  const online = verifyToken(issued.token, { ...options, audience: "my-portal", check: "online" });
  await assert.rejects(online, refusedAs("no_credential"));
});

test("every changed character is noticed", async () => {
  for (let at = 0; at < opened.token.length; at += 1) {
    const other = opened.token[at] === "A" ? "B" : "A";
    const changed = opened.token.slice(0, at) + other + opened.token.slice(at + 1);
    await assert.rejects(verifyToken(changed, options), InvalidTokenError, `at ${at}`);
  }
});

test("no other spelling of a genuine token passes", async () => {
  const { token } = opened;
  const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".split("");
  const spellings = [`${token}=`, ` ${token}`, `${token}\n`, `${token}.`, `.${token}`, token.replace(".", ".."), ""];
  spellings.push(...last.map((one) => token.slice(0, -1) + one).filter((one) => one !== token));
  for (const spelling of spellings) {
    await assert.rejects(verifyToken(spelling, options), InvalidTokenError, JSON.stringify(spelling));
  }
});

test("a token that says how it wants to be checked is refused", async () => {
  const { keys } = await (await fetch(`${gateway.url}/.well-known/jwks.json`)).json();
  const jwk = own.publicKey.export({ format: "jwk" });
  const hmac = (secret) => (signed) => createHmac("sha256", secret).update(signed).digest("base64url");
  const alg = keys[0].alg;
  for (const [reason, forgery] of [
    ["algorithm", { header: { alg: "none" } }],
    ["algorithm", { header: { alg: "None" }, by: byOwnKey }],
    ["algorithm", { header: { alg: "HS256" }, by: hmac(JSON.stringify(keys[0])) }],
    ["algorithm", { header: { alg: "HS256" }, by: hmac(Buffer.from(keys[0].x, "base64url")) }],
    ["algorithm", { header: { alg: alg === "ES256" ? "EdDSA" : "ES256" }, by: byOwnKey }],
    ["algorithm", { header: { alg: "ES384" }, by: byOwnKey }],
    ["algorithm", { header: { alg: "constructor" }, by: byOwnKey }],
    ["signature", { by: byOwnKey }],
    ["signature", { by: () => "" }],
    ["signature", { by: () => encode("\0".repeat(64)) }],
    ["malformed", { header: { jwk }, by: byOwnKey }],
    ["malformed", { header: { jku: "http://127.0.0.1:9/" }, by: byOwnKey }],
    ["malformed", { header: { x5u: "http://127.0.0.1:9/" }, by: byOwnKey }],
    ["malformed", { header: { crit: ["exp"] }, by: byOwnKey }],
    ["malformed", { header: { typ: "at+jwt" }, by: byOwnKey }],
    ["malformed", { header: { kid: undefined }, by: byOwnKey }],
    ["malformed", { header: { kid: ["a"] }, by: byOwnKey }],
    ["unknown_key", { header: { kid: "another" }, by: byOwnKey }],
    ["unknown_key", { header: { kid: "__proto__" }, by: byOwnKey }],
  ]) {
    await assert.rejects(verifyToken(forged(forgery), options), refusedAs(reason), JSON.stringify(forgery.header));
  }
});

test("claims are believed only with the gateway's signature", async () => {
  for (const claims of [{ sub: "admin" }, { exp: 9_999_999_999 }, { permissions: ["*"] }, { aud: "my-portal" }]) {
    const stolen = opened.token.split(".")[2];
    await assert.rejects(verifyToken(forged({ claims, by: () => stolen }), options), refusedAs("signature"));
  }
});

test("a genuine token counts for its audience, its issuer and its time alone", async () => {
  const end = Math.floor(opened.expiresAt.getTime() / 1000) * 1000;
  const at = (ms) => ({ ...options, now: () => ms });
  await assert.rejects(verifyToken(opened.token, { ...options, audience: "my-portal" }), refusedAs("audience"));
  await assert.rejects(verifyToken(opened.token, { ...options, audience: "embedde" }), refusedAs("audience"));
  await assert.rejects(verifyToken(opened.token, { ...options, issuer: "https://other.example" }), refusedAs("issuer"));
  await assert.rejects(verifyToken(opened.token, at(end)), refusedAs("expired"));
  assert.ok(await verifyToken(opened.token, at(end - 1)));
  assert.ok(await verifyToken(opened.token, { ...at(end + 4_000), toleranceSeconds: 5 }));
});

test("a revoked token passes until its end, but not where the gateway is asked", async () => {
  const { token, id } = await vestibule.sessionTokens.create({ externalId: "leaver", permissions: ["keys:read"], format: "jwt" });
  const online = { ...options, check: "online" };
  assert.equal((await verifyToken(token, online)).id, id);
  await vestibule.sessions.revoke({ id });
  assert.equal((await verifyToken(token, options)).id, id);
  await assert.rejects(verifyToken(token, online), refusedAs("ended"));
});

test("an outage says nothing about the token", async () => {
  const nowhere = { ...options, url: "http://127.0.0.1:9" };
  await assert.rejects(verifyToken(opened.token, nowhere), { name: "ConnectionError" });
});

test("a mistake in the options is told at the call, and lets nobody in", async () => {
  for (const mistake of [
    { issuer: "" },
    { audience: undefined },
    { audience: "" },
    { check: "onlin" },
    { check: null },
    { toleranceSeconds: Number.NaN },
    { toleranceSeconds: -1 },
    { toleranceSeconds: Infinity },
    { toleranceSeconds: "60" },
    { now: () => Number.NaN },
    { now: () => undefined },
    { now: 0 },
  ]) {
    const name = JSON.stringify(mistake);
    await assert.rejects(verifyToken(opened.token, { ...options, ...mistake }), TypeError, name);
  }
});
