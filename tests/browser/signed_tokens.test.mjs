// A page of a portal with a cookie calls an API of the company's with a signed token, and never holds its session.

import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";

import { isInside, story, visitor } from "./browser.mjs";
import { startBackend, startForeign, startFront, startPortal } from "./places.mjs";
import { backend, foreignSite, gateway, neighbour } from "./stage.mjs";

const front = await startFront();
await startPortal();
await startBackend();
await startForeign();

/** What the API does with a token: it has the public keys, and asks the gateway nothing else. */
async function claimsOf(token) {
  const { keys } = await (await fetch(`${gateway.replace("localhost", "127.0.0.1")}/.well-known/jwks.json`)).json();
  const [header, claims, signature] = token.split(".");
  const parsed = (part) => JSON.parse(Buffer.from(part, "base64url"));
  const key = keys.find(({ kid }) => kid === parsed(header).kid);
  assert.equal(parsed(header).alg, key.alg);
  const publicKey = { key: createPublicKey({ key, format: "jwk" }), dsaEncoding: "ieee-p1363" };
  assert.ok(verify("sha256", `${header}.${claims}`, publicKey, Buffer.from(signature, "base64url")));
  return parsed(claims);
}

/** How a page's script fares: "unreadable", or status and answer. */
function ask(page, verb, headers = {}) {
  return page.evaluate(
    async ([url, init]) => {
      const response = await fetch(url, init).catch(() => null);
      return response === null ? "unreadable" : { status: response.status, ...(await response.json()) };
    },
    [`${gateway}/v2/portal.${verb}?slug=own-page`, { credentials: "include", headers }],
  );
}

async function inPortal(t) {
  const page = await (await visitor(t)).newPage();
  await page.goto(`${backend}/own-page`);
  await page.getByRole("link", { name: "Open the portal" }).click();
  await isInside(page);
  return page;
}

story("the token names the session and is none", async (t) => {
  const page = await inPortal(t);
  const session = (await ask(page, "getSession")).data;
  const { status, data } = await ask(page, "getToken");
  assert.equal(status, 200);
  const claims = await claimsOf(data.token);
  assert.deepEqual(
    [claims.iss, claims.aud, claims.sub, claims.jti, claims.permissions, claims.environment],
    [gateway, "own-page", "jane", session.id, ["keys:read"], "live"],
  );
  assert.ok(claims.exp * 1000 <= data.expiresAt && data.expiresIn <= 300);
  // Whoever the page gives it to cannot be the user at the gateway.
  const bearer = { authorization: `Bearer ${data.token}` };
  for (const verb of ["getSession", "getToken"]) assert.equal((await ask(page, verb, bearer)).status, 401);
  const told = await page.evaluate(() => document.cookie + JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.doesNotMatch(told + JSON.stringify(data), /ps_(live|test)_/);
});

for (const [where, place] of [["another site", foreignSite], ["another origin of the same site", neighbour]]) {
  story(`a page of ${where} gets no token of its visitor`, async (t) => {
    const page = await inPortal(t);
    await page.goto(place);
    assert.equal(await ask(page, "getToken"), "unreadable");
    const sent = front.seen.findLast(({ url }) => url.includes("getToken"));
    assert.ok([401, 403].includes(sent.status), `${sent.status}`);
  });
}
