// The portal client in a played browser, against the real gateway: how a session ends, and what does not end it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { NotSignedInError } from "@vestibule/sdk/browser";

import { reaches } from "./support/browser.mjs";
import { opener, startPortal } from "./support/portal.mjs";

let portal;

before(async () => (portal = await startPortal()));
after(() => portal.stop());

test("a logout ends the session in all tabs, and tells the others once", async (context) => {
  const browser = opener(context, portal);
  const told = [];
  const tab = await browser.signedIn({ onExpired: () => told.push("its own") });
  const others = ["first", "second"].map((name) => browser.open({
    page: browser.page(""),
    onExpired: ({ redirectUrl }) => told.push(`${name} ${redirectUrl}`),
  }));
  await Promise.all(others.map((other) => other.getSession()));
  assert.deepEqual(await tab.end(), { returnUrl: "http://localhost:3001/billing" });
  assert.equal(tab.status, "signed_out");
  await Promise.all(others.map((other) => reaches(other, "signed_out")));
  const home = "http://localhost:3001/billing?reason=session_missing";
  assert.deepEqual(told.sort(), [`first ${home}`, `second ${home}`]);
  await assert.rejects(tab.getToken(), NotSignedInError);
});

test("a logout of what is over already is one", async (context) => {
  const browser = opener(context, portal);
  const onExpired = context.mock.fn();
  const tab = await browser.signedIn({ onExpired });
  await portal.revoke(tab.session.id);
  assert.deepEqual(await tab.end(), { returnUrl: "http://localhost:3001/billing" });
  assert.equal(onExpired.mock.callCount(), 0);
});

test("coming back to the page shows that the session is over", async (context) => {
  const browser = opener(context, portal);
  const told = [];
  let sleptMs = 0;
  const wall = () => Date.now() + sleptMs;
  const tab = await browser.signedIn({ onExpired: (expired) => told.push(expired), wall });
  await portal.revoke(tab.session.id);
  sleptMs = 3_000;
  tab.environment.wake();
  await reaches(tab, "signed_out");
  assert.deepEqual(told, [{ redirectUrl: "http://localhost:3001/billing?reason=session_expired" }]);
});

test("the end of its life is asked about, and believed of the gateway alone", async (context) => {
  const browser = opener(context, portal);
  const { session } = await browser.signedIn();
  // One that this page believes to be over at once.
  const tab = browser.open({ page: browser.page(""), session: { ...session, expiresIn: 0 } });
  await new Promise((resolve) => tab.subscribe(resolve));
  assert.deepEqual([tab.status, tab.session.id], ["ready", session.id]);
  assert.ok(tab.secondsLeft > 80_000);
});

test("a session that lives on after its end has a new one, which every tab knows", async (context) => {
  const browser = opener(context, portal);
  const { session } = await browser.signedIn();
  const asked = [];
  const openAs = (name, expiresIn) => browser.open({
    page: browser.page(""),
    session: { ...session, expiresIn },
    fetch: (...call) => (asked.push(name), browser.fetch(...call)),
  });
  // Else two tabs whose times differ would keep an idle session alive for ever: each asks before the other's end.
  const [first, second] = [openAs("first", 0), openAs("second", 60)];
  await Promise.all([first, second].map((client) => new Promise((resolve) => client.subscribe(resolve))));
  assert.ok(second.secondsLeft > 80_000, `${second.secondsLeft}`);
  assert.deepEqual(asked, ["first", "second"]);
});

const OUTAGES = {
  "no network": () => Promise.reject(new TypeError("fetch failed")),
  "an error": () => new Response("", { status: 500 }),
  "the gateway's own outage": () => Response.json({ error: { type: "a/b/service_unavailable" } }, { status: 503 }),
  "a limit": () => Response.json({ error: { type: "a/b/rate_limited" } }, { status: 429, headers: { "retry-after": "1" } }),
  "a refusal": () => Response.json({ error: { type: "a/authorization/forbidden" } }, { status: 403 }),
  "somebody else's 401": () => new Response("<h1>Sign in</h1>", { status: 401 }),
  "somebody else's problem": () => Response.json({ error: { type: "https://proxy.example.com/problems/unauthorized" } }, { status: 401 }),
  "a page": () => new Response("<h1>Hello</h1>"),
};
describe("no sign-out is", { concurrency: true }, () => {
  for (const [name, outage] of Object.entries(OUTAGES)) {
    test(name, async (context) => {
      const browser = opener(context, portal);
      let fails = true;
      const fetch = async (...call) => (fails ? outage() : browser.fetch(...call));
      const onExpired = context.mock.fn();
      const { sessionId, id } = await portal.mint();
      const tab = browser.open({ page: browser.page(`?session=${sessionId}`), fetch, onExpired });
      await assert.rejects(tab.getSession());
      assert.equal(tab.status, "failing");
      assert.ok(tab.error instanceof Error);
      fails = false;
      // It tries again by itself.
      await reaches(tab, "ready");
      await tab.getSession();
      fails = true;
      await assert.rejects(tab.getSession());
      await assert.rejects(tab.getToken());
      await assert.rejects(tab.end());
      assert.deepEqual([tab.status, tab.session.id, onExpired.mock.callCount()], ["ready", id, 0]);
    });
  }
});

test("a token is the same while it holds, and is renewed at 80 % of its life", async (context) => {
  const browser = opener(context, portal);
  let sleptMs = 0;
  const tab = await browser.signedIn({ wall: () => Date.now() + sleptMs });
  const [first, same] = await Promise.all([tab.getToken(), tab.getToken()]);
  assert.equal(first.split(".").length, 3);
  const asked = browser.asked;
  assert.deepEqual([same, await tab.getToken()], [first, first]);
  assert.equal(browser.asked, asked);
  sleptMs = 250_000;
  await tab.getToken();
  assert.equal(browser.asked, asked + 1);
  await portal.revoke(tab.session.id);
  sleptMs = 500_000;
  await assert.rejects(tab.getToken(), NotSignedInError);
  assert.equal(tab.status, "signed_out");
});
