// What the gate of a portal believes: of a proxy, of what answers in the gateway's place, and of what a browser has kept.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";

import { Vestibule } from "@vestibule/sdk";

import { ROOT_KEY, startGateway } from "./support/gateway.mjs";
import { navigation, script, toldOf } from "./support/requests.mjs";
import { closeSites, portals } from "./support/sites.mjs";

const TOLD = toldOf("mallory", "keys:read,admin:*");
/** Of what a proxy may have made: another portal, two headers in one, a session that is over, what nobody has written. */
const DOUBTFUL = {
  "another portal": { "portal-slug": "embedded" },
  "no portal": { "portal-slug": "" },
  "two users": { "portal-external-id": "mallory, jane" },
  "two sets of permissions": { "portal-permissions": "keys:read, *" },
  "two sessions": { "portal-session-id": "sess_1,sess_2" },
  "two ends": { "portal-expires-at": "1742000000000,9742000000000" },
  "a session that is over": { "portal-expires-at": `${Date.now() - 61_000}` },
  "no end": { "portal-expires-at": "" },
  "an end that is no time": { "portal-expires-at": "never" },
  "an encoding that is none": { "portal-external-id": "%zz" },
  "no user": { "portal-external-id": "" },
};
const PROBLEM = { error: { type: "https://errors.example/errors/authentication/portal_session_not_found" } };
/** What may answer in the gateway's place. */
const FOREIGN = {
  "a redirect": [302, { location: "https://evil.example/" }, ""],
  "a redirect with a problem": [401, { location: "https://evil.example/", "content-type": "application/json" }, JSON.stringify(PROBLEM)],
  "a proxy's own sign-in": [401, { "www-authenticate": "Basic", "content-type": "text/html" }, "<h1>Sign in</h1>"],
  "a firewall": [403, { "content-type": "text/html" }, "<h1>No</h1>"],
  "JSON of something else": [401, { "content-type": "application/json" }, '{"error":"unauthorized"}'],
  "a 401 of another kind": [401, { "content-type": "application/json" }, '{"error":{"type":"https://sso.example/oauth/invalid_token"}}'],
  "another service": [404, { "content-type": "application/json" }, JSON.stringify(PROBLEM)],
  "a success of something else": [200, { "content-type": "text/html" }, "<h1>Welcome</h1>"],
  "Inertia's answer to somebody else": [409, { "x-inertia-location": "https://evil.example/" }, ""],
};

let gateway;
let backend;
let foreign;
let answered;

before(async () => {
  gateway = await startGateway();
  backend = new Vestibule({ url: gateway.url, rootKey: ROOT_KEY, portal: "my-portal", permissions: ["keys:read"] });
  foreign = createServer((_request, response) => response.writeHead(answered[0], answered[1]).end(answered[2])).listen(0, "127.0.0.1");
  await once(foreign, "listening");
});
after(() => (closeSites(), foreign.close(), foreign.closeAllConnections(), gateway.stop()));

const cookiesOf = (answer) => answer.headers.getSetCookie();

/** A token of a user's, as their browser sends it. */
async function signedIn(externalId) {
  const { token } = await backend.exchange((await backend.sessions.create({ externalId })).sessionId);
  return `portal_session_my-portal=${token}`;
}

for (const [framework, portal] of Object.entries(portals)) {
  describe(framework, () => {
    let ask;
    before(async () => (ask = await portal({ url: gateway.url, slug: "my-portal" })));

    test("a proxy is believed only where its headers are the gateway's for this portal; else the gateway is asked", async () => {
      const behind = await portal({ url: gateway.url, slug: "my-portal", trustProxy: true });
      for (const late of [60_000, -30_000]) {
        const told = { ...TOLD, "portal-expires-at": `${Date.now() + late}` };
        assert.equal((await behind("/", { headers: { ...told, ...script } })).status, 200);
      }
      for (const [what, changes] of Object.entries(DOUBTFUL)) {
        for (const asked of [script, navigation]) {
          const answer = await behind("/", { headers: { ...TOLD, ...changes, ...asked } });
          assert.equal(answer.status, asked === script ? 401 : 303, what);
        }
      }
    });

    test("what answers in the gateway's place is an outage, for scripts and people", async (context) => {
      context.mock.method(console, "error", () => {});
      const led = await portal({ url: `http://127.0.0.1:${foreign.address().port}`, slug: "my-portal" });
      for (const [what, answer] of Object.entries(FOREIGN)) {
        answered = answer;
        for (const headers of [script, navigation]) {
          const { status, headers: got } = await led("/", { headers });
          const odd = ["location", "www-authenticate", "x-inertia-location"].filter((name) => got.has(name));
          assert.deepEqual([status, odd], [503, []], what);
        }
      }
      answered = [401, { "content-type": "application/problem+json", "portal-redirect": "javascript:alert(1)" }, JSON.stringify(PROBLEM)];
      assert.deepEqual([(await led("/", { headers: script })).status, (await led("/", { headers: navigation })).status], [401, 401]);
    });

    test("what is fetched ahead uses nothing up", async () => {
      const ahead = { ...navigation, "sec-purpose": "prefetch;prerender" };
      const stranger = await ask("/invoices", { headers: ahead });
      assert.deepEqual([stranger.status, stranger.headers.get("location"), cookiesOf(stranger)], [401, null, []]);
      const cookie = `${await signedIn("jane")}; vestibule_path_my-portal=.%2Finvoices; vestibule_sent_home_my-portal=1`;
      const arriving = await ask("/", { headers: { cookie, ...ahead } });
      assert.deepEqual([arriving.status, cookiesOf(arriving)], [503, []]);
      const elsewhere = await ask("/keys", { headers: { cookie, ...ahead } });
      assert.deepEqual([elsewhere.status, cookiesOf(elsewhere)], [200, []]);
    });

    test("nobody is sent home a fourth time within a minute, however the three were spread", async (context) => {
      const statusAt = async (times) => {
        const answer = await ask("/", { headers: { cookie: `vestibule_sent_home_my-portal=${times}`, ...navigation } });
        return [answer.status, /vestibule_sent_home_my-portal=([^;]*)/.exec(cookiesOf(answer).join())?.[1].split(".").length];
      };
      const now = Math.floor(Date.now() / 1000);
      for (const [times, expected] of [
        [`${now - 50}.${now - 30}.${now - 1}`, [401, undefined]],
        [`${now - 61}.${now - 50}.${now - 1}`, [303, 3]],
        [`${now - 600}.${now - 500}.${now - 400}`, [303, 1]],
        ["99", [303, 1]],
        ["x.-1.NaN.1e9.", [303, 1]],
        [`${now + 600}.${now + 601}.${now + 602}`, [303, 1]],
      ]) {
        assert.deepEqual(await statusAt(times), expected, times);
      }
      const cookie = `${await signedIn("jane")}; vestibule_sent_home_my-portal=${now}.${now}`;
      const arrived = await ask("/", { headers: { cookie, ...navigation } });
      assert.deepEqual(cookiesOf(arrived), ["vestibule_sent_home_my-portal=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"]);
    });

    test("a page is remembered for the user whose it was, and for no other", async () => {
      const [jane, jo] = [await signedIn("jane"), await signedIn("jo")];
      await backend.sessions.revoke({ externalId: "jane" });
      const sentHome = await ask("/invoices/42", { headers: { cookie: jane, ...navigation } });
      const kept = cookiesOf(sentHome).find((one) => one.startsWith("vestibule_path_my-portal=")).split(";")[0];
      const arriving = async (cookie) => {
        const answer = await ask("/", { headers: { cookie: `${cookie}; ${kept}`, ...navigation } });
        assert.match(cookiesOf(answer).join(), /vestibule_path_my-portal=; Path=\/; Max-Age=0/, "it is used up");
        return [answer.status, answer.headers.get("location")?.replace(/^http:\/\/[^/]*/, "")];
      };
      assert.deepEqual(await arriving(jo), [200, undefined]);
      assert.deepEqual(await arriving(await signedIn("jane")), [303, "/invoices/42"]);
    });

    test("each of a host's portals remembers its own page, and counts for itself", async () => {
      const neighbour = await portal({ url: gateway.url, slug: "embedded" });
      const sentHome = await neighbour("/invoices/42", { headers: navigation });
      const kept = cookiesOf(sentHome).map((one) => one.split(";")[0]);
      assert.equal(kept.length, 2);
      const cookie = [await signedIn("jane"), ...kept].join("; ");
      const arriving = await ask("/", { headers: { cookie, ...navigation } });
      assert.deepEqual([arriving.status, cookiesOf(arriving)], [200, []]);
    });

    test("a logout forgets the page", async () => {
      const cookie = `${await signedIn("jane")}; vestibule_path_my-portal=.%2Finvoices`;
      const headers = { cookie, "sec-fetch-site": "same-origin", "content-type": "application/json" };
      const answer = await ask("/v2/portal.endSession", { method: "POST", headers, body: "{}" });
      assert.equal(answer.status, 200);
      assert.ok(cookiesOf(answer).some((one) => /^vestibule_path_my-portal=; Path=\/; Max-Age=0/.test(one)), cookiesOf(answer).join());
    });
  });
}
