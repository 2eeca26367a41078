// The portal client in real tabs of a real Chromium, at a portal that passes `/v2/` on to the gateway.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { LIMIT_MS, startApplication, startChromium, visitor } from "../support/chromium.mjs";

/** The page of a portal, which notes what its address was whenever it asked. */
const PAGE = `<script src="/sdk.js"></script><script>
  window.asked = [];
  const ask = window.fetch;
  window.fetch = (...call) => (asked.push(location.href), ask(...call));
  window.portal = sdk.createPortalClient({ url: "/", slug: "my-portal" });
</script>`;

let chromium;

before(async () => (chromium = await startChromium()));
after(() => chromium.browser.close());

async function scene(context) {
  const application = await startApplication({ ...chromium.files, "/portal": PAGE });
  context.after(() => application.stop());
  const visit = await visitor(context, chromium.browser);
  return {
    application,
    visit,
    mint: (fields) => application.vestibule.sessions.create({ externalId: "jane", permissions: ["keys:read"], ...fields }),
    async open(address = `${application.url}/portal`) {
      const page = await visit.newPage();
      await page.goto(address);
      return page;
    },
  };
}

const sessionOf = (page) => page.evaluate(() => portal.getSession());
const isHome = (page, reason) => page.waitForURL((url) => url.pathname === "/home" && url.searchParams.get("reason") === reason);

describe("in real tabs", { concurrency: true, timeout: 4 * LIMIT_MS }, () => {
  it("a link signs in, and its ID is nowhere afterwards", async (context) => {
    const { application, visit, mint, open } = await scene(context);
    const { url, sessionId, id } = await mint({ path: "/portal/keys?new=1" });
    const page = await open(`${url}&theme=a%20b#top`);
    assert.equal((await sessionOf(page)).id, id);
    const clean = `${application.url}/portal?theme=a%20b#top`;
    assert.deepEqual([...new Set([page.url(), ...(await page.evaluate(() => asked))])], [clean]);
    assert.equal(await page.evaluate(() => portal.path), "/portal/keys?new=1");
    const devtools = await visit.newCDPSession(page);
    const { entries } = await devtools.send("Page.getNavigationHistory");
    const kept = await page.evaluate(() => [document.cookie, Object.entries(localStorage), Object.entries(sessionStorage)]);
    const all = JSON.stringify([entries.map((entry) => entry.url), kept]);
    assert.ok(!all.includes(sessionId) && !/ps_(test|live)_/.test(all), all);
    await page.reload();
    assert.equal((await sessionOf(page)).id, id);
    assert.match(await page.evaluate(() => portal.getToken()), /^ey/);
  });

  it("the router of Next.js hears that the ID is gone", async (context) => {
    const { application, mint, open } = await scene(context);
    // It comes after the client, and passes over what has its own mark.
    const router = `<script>
      history.replaceState({ __NA: true, tree: 1 }, "");
      window.heard = [];
      history.replaceState = (state, _, address) => {
        if (!state.__NA) heard.push([state.tree, address]);
        History.prototype.replaceState.call(history, { ...state, __NA: true }, "", address);
      };
    </script>`;
    application.files["/portal"] = PAGE + router;
    const page = await open((await mint()).url);
    await sessionOf(page);
    assert.deepEqual(await page.evaluate(() => heard), [[1, `${application.url}/portal`]]);
  });

  it("a reload while the answer is lost finds its session", async (context) => {
    const { application, mint, open } = await scene(context);
    const { url, id } = await mint();
    application.lose = (verb) => verb === "exchangeSession";
    const page = await open(url);
    await page.waitForFunction(() => portal.status === "failing");
    application.lose = () => false;
    await page.reload();
    assert.equal((await sessionOf(page)).id, id);
  });

  it("a link that is opened twice signs in twice", async (context) => {
    const { mint, open } = await scene(context);
    const { url, id } = await mint();
    const tabs = [await open(url), await open(url)];
    assert.deepEqual(await Promise.all(tabs.map(async (tab) => (await sessionOf(tab)).id)), [id, id]);
  });

  it("who comes back to a session that is over goes home", async (context) => {
    const { application, visit, mint, open } = await scene(context);
    const { url, id } = await mint();
    const page = await open(url);
    await sessionOf(page);
    await application.vestibule.sessions.revoke({ id });
    // It asks at most once in 2 s: time must pass, as it does for people.
    await page.waitForFunction((since) => performance.now() > since + 2_100, await page.evaluate(() => performance.now()));
    await visit.setOffline(true);
    await visit.setOffline(false);
    await isHome(page, "session_expired");
  });

  it("a logout leads the other tabs home, and this one where it likes", async (context) => {
    const { application, mint, open } = await scene(context);
    const tabs = [await open((await mint()).url), await open(), await open()];
    await Promise.all(tabs.map(sessionOf));
    const ended = await tabs[0].evaluate(() => portal.end());
    assert.deepEqual(ended, { returnUrl: `${application.url}/home` });
    await Promise.all(tabs.slice(1).map((tab) => isHome(tab, "session_missing")));
    assert.equal(new URL(tabs[0].url()).pathname, "/portal");
    assert.equal(await tabs[0].evaluate(() => portal.status), "signed_out");
  });

  it("a page from the back-forward cache does not show a session that has ended meanwhile", async (context) => {
    const { application, mint, open } = await scene(context);
    const page = await open((await mint()).url);
    await sessionOf(page);
    await page.goto(`${application.url}/elsewhere`);
    const other = await open();
    await other.evaluate(() => portal.end());
    await page.goBack({ waitUntil: "commit" });
    await isHome(page, "session_missing");
  });

  it("an outage ends nothing, and nobody has to load the page anew", async (context) => {
    const { application, mint, open } = await scene(context);
    const page = await open((await mint()).url);
    const { id } = await sessionOf(page);
    application.lose = () => true;
    await assert.rejects(sessionOf(page));
    const second = await open();
    await second.waitForFunction(() => portal.status === "failing");
    assert.equal(await page.evaluate(() => portal.session.id), id);
    application.lose = () => false;
    await second.waitForFunction(() => portal.status === "ready");
  });

  it("another user's link changes nothing in a tab that is open", async (context) => {
    const { mint, open } = await scene(context);
    const jane = await open((await mint()).url);
    await sessionOf(jane);
    const jo = await open((await mint({ externalId: "jo" })).url);
    assert.equal((await sessionOf(jo)).externalId, "jo");
    await jane.waitForFunction(() => portal.status === "user_changed");
    assert.equal(await jane.evaluate(() => portal.session.externalId), "jane");
  });
});
