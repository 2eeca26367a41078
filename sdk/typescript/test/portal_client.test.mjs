// The portal client in a played browser, against the real gateway: the way in, and who is there.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { NotSignedInError, UserChangedError } from "@vestibule/sdk/browser";

import { createPortalClient } from "../dist/esm/browser.js";
import { pathAt } from "../dist/esm/browser/way_home.js";
import { reaches, unhandledIn } from "./support/browser.mjs";
import { ORIGIN, opener, startPortal } from "./support/portal.mjs";

let portal;

before(async () => (portal = await startPortal()));
after(() => portal.stop());

test("a link signs in, and its ID leaves the address bar before anything is asked", async (context) => {
  const browser = opener(context, portal);
  const { sessionId, id } = await portal.mint();
  const seen = [];
  const page = browser.page(`?session=${sessionId}`);
  const client = browser.open({ page, fetch: (...call) => (seen.push(page.address()), browser.fetch(...call)) });
  assert.equal(page.address(), `${ORIGIN}/`);
  const session = await client.getSession();
  assert.deepEqual([session.id, client.status, client.session], [id, "ready", session]);
  assert.ok(session.expiresAt instanceof Date);
  assert.deepEqual(seen, [`${ORIGIN}/`]);
  assert.ok(client.secondsLeft > 86_000 && client.secondsLeft <= 86_400);
});

test("all else in the address stays as it is", (context) => {
  const browser = opener(context, portal);
  for (const [address, rest] of [
    ["?session=pst_1&a=%20b+c&a", "?a=%20b+c&a"],
    ["keys/?a=1&session=pst_1#x?session=2", "keys/?a=1#x?session=2"],
    ["?session=pst_1&session=pst_2", ""],
    ["?%73ession=pst_1", ""],
    ["?a=1&amp;session=pst_1&amp;b=2", "?a=1&amp;b=2"],
    ["?a=1&amp;amp;session=pst_1", "?a=1"],
    ["?session=", ""],
    ["?sessions=pst_1&a=session", "?sessions=pst_1&a=session"],
  ]) {
    const page = browser.page(address);
    browser.open({ page, fetch: () => new Promise(() => {}) });
    assert.equal(page.address(), `${ORIGIN}/${rest}`);
  }
});

test("a link that a mail program has marked up signs in", async (context) => {
  const browser = opener(context, portal);
  const { sessionId, id } = await portal.mint();
  const page = browser.page(`?a=1&amp;session=${sessionId}.`);
  assert.equal((await browser.open({ page }).getSession()).id, id);
  assert.equal(page.address(), `${ORIGIN}/?a=1`);
});

test("a page goes to addresses of the web alone", async (context) => {
  const browser = opener(context, portal);
  for (const address of ["javascript:alert(1)", "data:text/html,x", "//evil.example", "", 1]) {
    const page = browser.page("");
    const error = { type: "https://errors.example/authentication/portal_session_not_found", redirectUrl: address };
    const client = browser.open({ page, fetch: async () => Response.json({ error }, { status: 401 }) });
    await reaches(client, "signed_out");
    assert.deepEqual([page.left, client.redirectUrl], [[], undefined], address);
    const session = { id: "sess_1", externalId: "jane", expiresIn: 60, expiresAt: Date.now() + 60_000 };
    const ending = browser.open({ page: browser.page(""), session, fetch: async () => Response.json({ data: { returnUrl: address } }) });
    assert.equal((await ending.end()).returnUrl, undefined);
  }
});

test("a router that brings the ID back loses it again once it is spent", async (context) => {
  const browser = opener(context, portal);
  const { sessionId } = await portal.mint();
  const page = browser.page(`?a=1&session=${sessionId}`);
  const client = browser.open({ page });
  page.replaceAddress(`${ORIGIN}/?a=1&session=${sessionId}`);
  await client.getSession();
  assert.equal(page.address(), `${ORIGIN}/?a=1`);
});

test("two clients of one page exchange once, and both know where the link leads", async (context) => {
  const browser = opener(context, portal);
  const { sessionId } = await portal.mint();
  const page = browser.page(`?session=${sessionId}`);
  const verbs = [];
  const fetch = async (url, init) => {
    verbs.push(/portal\.(\w+)/.exec(url)[1]);
    const answer = await (await browser.fetch(url, init)).json();
    return Response.json({ ...answer, data: { ...answer.data, path: "/keys?new=1#top" } });
  };
  const first = browser.open({ page, fetch });
  first.close();
  const second = browser.open({ page, fetch });
  await second.getSession();
  assert.deepEqual([first.path, second.path], ["/keys?new=1#top", "/keys?new=1#top"]);
  assert.deepEqual(verbs, ["exchangeSession"]);
});

test("a reload in the middle of the exchange finds its session", async (context) => {
  const browser = opener(context, portal);
  const { sessionId, id } = await portal.mint();
  const storage = new Map();
  const lost = async (...call) => {
    // The answer never comes, so its cookies do not either.
    await portal.fetchAs()(...call);
    throw new TypeError("lost");
  };
  const client = browser.open({ page: browser.page(`?session=${sessionId}`, storage), fetch: lost });
  await assert.rejects(client.getSession(), /lost/);
  client.close();
  const reloaded = browser.open({ page: browser.page("", storage) });
  assert.equal((await reloaded.getSession()).id, id);
  assert.ok([...storage.values()].every((value) => !value.includes(sessionId)), "the ID is kept no longer");
});

test("a used link leaves in who is signed in, and leads home who is not", async (context) => {
  const browser = opener(context, portal);
  const { sessionId, id } = await portal.mint();
  await browser.open({ page: browser.page(`?session=${sessionId}`) }).getSession();
  const again = browser.open({ page: browser.page(`?session=${sessionId}`) });
  assert.equal((await again.getSession()).id, id);
  const told = [];
  const stranger = browser.open({
    page: browser.page(`?session=${sessionId}`),
    fetch: portal.fetchAs(),
    onExpired: (expired) => told.push(expired),
  });
  await assert.rejects(stranger.getSession(), NotSignedInError);
  await assert.rejects(stranger.getSession(), NotSignedInError);
  assert.equal(stranger.status, "signed_out");
  assert.deepEqual(told, [{ redirectUrl: "http://localhost:3001/billing?reason=session_missing" }]);
});

test("without onExpired the page goes home, but not a fourth time within a minute", async (context) => {
  const browser = opener(context, portal);
  const storage = new Map();
  for (const left of [1, 1, 1, 0]) {
    const page = browser.page("", storage);
    const client = browser.open({ page, onExpired: undefined });
    await reaches(client, "signed_out");
    assert.equal(page.left.length, left);
    assert.match(client.redirectUrl, /^http:\/\/localhost:3001\/billing/);
  }
});

test("another user's link replaces nothing: it is told", async (context) => {
  const browser = opener(context, portal);
  const jane = await browser.signedIn();
  const { sessionId } = await portal.mint({ externalId: "jo" });
  const other = browser.open({ page: browser.page(`?session=${sessionId}`) });
  assert.equal((await other.getSession()).externalId, "jo");
  await reaches(jane, "user_changed");
  assert.equal(jane.session.externalId, "jane");
  await assert.rejects(jane.getSession(), UserChangedError);
  await assert.rejects(jane.getToken(), UserChangedError);
});

test("a sign-out waits once for a limit, and is told of one that lasts longer", async (context) => {
  const browser = opener(context, portal);
  const limit = (retryAfter) => new Response("", { status: 429, headers: { "retry-after": retryAfter } });
  for (const [answers, ends] of [
    [[limit("1")], true],
    [[limit("6")], false],
    [[limit("1"), limit("1")], false],
  ]) {
    let isEnding = false;
    const fetch = (url, init) => ((isEnding ||= url.includes("endSession")) && answers.shift()) || browser.fetch(url, init);
    const tab = await browser.signedIn({ fetch });
    if (ends) {
      assert.deepEqual(await tab.end(), { returnUrl: "http://localhost:3001/billing" });
    } else {
      await assert.rejects(tab.end(), ({ status }) => status === 429);
    }
    assert.deepEqual([tab.status, answers.length], [ends ? "signed_out" : "ready", 0]);
  }
});

test("another user is told after a sign-out, too", async (context) => {
  const browser = opener(context, portal);
  const tab = await browser.signedIn();
  await tab.end();
  const { sessionId } = await portal.mint({ externalId: "jo" });
  await browser.open({ page: browser.page(`?session=${sessionId}`) }).getSession();
  await assert.rejects(tab.getSession(), UserChangedError);
  assert.deepEqual([tab.status, tab.session], ["user_changed", undefined]);
  await assert.rejects(tab.getToken(), UserChangedError);
});

test("a token is that of the session that the page shows, or none", async (context) => {
  const browser = opener(context, portal);
  // Nobody tells this tab of the others.
  const channel = () => undefined;
  const tab = await browser.signedIn({ channel });
  const again = await portal.mint();
  await browser.open({ page: browser.page(`?session=${again.sessionId}`) }).getSession();
  const [, claims] = (await tab.getToken()).split(".");
  assert.deepEqual([JSON.parse(Buffer.from(claims, "base64url")).jti, tab.session.id], [again.id, again.id]);
  const another = browser.open({ page: browser.page(""), channel });
  await another.getSession();
  const { sessionId } = await portal.mint({ externalId: "jo" });
  await browser.open({ page: browser.page(`?session=${sessionId}`) }).getSession();
  await assert.rejects(another.getToken(), UserChangedError);
});

test("a newer link is not lost when the answer to an older one comes", async (context) => {
  const browser = opener(context, portal);
  const [older, newer] = [await portal.mint({ path: "/older" }), await portal.mint({ path: "/newer" })];
  const page = browser.page(`?session=${older.sessionId}`);
  let answer;
  const held = new Promise((resolve) => (answer = resolve));
  const first = browser.open({ page, fetch: async (...call) => (await held, browser.fetch(...call)) });
  page.replaceAddress(`${ORIGIN}/?session=${newer.sessionId}`);
  let reach;
  const reached = new Promise((resolve) => (reach = resolve));
  const lost = async () => (reach(), Promise.reject(new TypeError("lost")));
  const second = browser.open({ page, fetch: (...call) => (reach === undefined ? browser.fetch(...call) : lost()) });
  await reached;
  answer();
  assert.equal((await first.getSession()).id, older.id);
  reach = undefined;
  assert.equal((await second.getSession()).id, newer.id);
  assert.equal(second.path, "/newer");
});

test("a session that the server has rendered is asked for no more", async (context) => {
  const browser = opener(context, portal);
  const session = { id: "sess_1", externalId: "jane", expiresIn: 60, expiresAt: new Date(Date.now() + 60_000) };
  const fetch = context.mock.fn(() => new Promise(() => {}));
  const client = browser.open({ page: browser.page(""), session, fetch });
  assert.equal(client.status, "ready");
  assert.ok(client.secondsLeft > 50 && client.secondsLeft <= 60);
  // As JSON has it; by the gateway's clock it is over in a minute if nobody does anything.
  const idle = { ...session, expiresIn: 3_600, expiresAt: "2000-01-01T01:00:00.000Z", idleExpiresAt: "2000-01-01T00:01:00.000Z" };
  const other = browser.open({ page: browser.page(""), session: idle, fetch });
  assert.ok(other.secondsLeft > 50 && other.secondsLeft <= 60, `${other.secondsLeft}`);
  await new Promise(setImmediate);
  assert.equal(fetch.mock.callCount(), 0);
});

test("what a page's own functions throw is told to the browser, and the client goes on", async (context) => {
  const browser = opener(context, portal);
  const unhandled = unhandledIn(context);
  let isThere = false;
  const fetch = (...call) => (isThere ? browser.fetch(...call) : portal.fetchAs()(...call));
  const fault = (words) => () => {
    throw new Error(words);
  };
  const tab = await browser.signedIn();
  const client = browser.open({ page: browser.page(""), fetch, onExpired: fault("onExpired") });
  client.subscribe(fault("a listener"));
  await assert.rejects(client.getSession(), NotSignedInError);
  isThere = true;
  assert.equal((await client.getSession()).id, tab.session.id);
  assert.deepEqual(await client.end(), { returnUrl: "http://localhost:3001/billing" });
  client.close();
  await new Promise(setImmediate);
  assert.deepEqual([...new Set(unhandled)], ["a listener", "onExpired"]);
});

test("on a server nothing happens", async () => {
  const client = createPortalClient({ url: "https://sessions.example.com", slug: "my-portal" });
  assert.equal(client.status, "loading");
  await assert.rejects(client.getSession(), /not in a page/);
  client.close();
});

test("a path stays at its origin", () => {
  const origin = "https://portal.example.com";
  for (const [path, address] of [
    ["/keys?a=1#b", "/keys?a=1#b"],
    ["/", "/"],
    ["/a/../b", "/b"],
    ["https://portal.example.com/keys", "/keys"],
    ["//evil.example/", undefined],
    ["/\\evil.example/", undefined],
    ["/.//evil.example/", undefined],
    ["/a/..//evil.example/", undefined],
    ["/\t/evil.example/", undefined],
    ["https://evil.example/", undefined],
    ["http://portal.example.com/", undefined],
    ["javascript:alert(1)", undefined],
    ["https://", undefined],
    [undefined, undefined],
    ["", undefined],
    ["https://jane@portal.example.com/keys", "/keys"],
  ]) {
    assert.equal(pathAt(origin, path), address, JSON.stringify(path));
  }
});
