// The token client in real tabs of a real Chromium. Times are short: a life of 12 s is renewed after 6 s.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { LIMIT_MS, startApplication, startChromium, visitor } from "../support/chromium.mjs";

const LIFE = 12;
const RENEWED_MS = 6_000;

let chromium;

before(async () => (chromium = await startChromium()));
after(() => chromium.browser.close());

/** Tokens that tell which they are, of this user. */
const short = (externalId = "jane") => (_, number) => ({ token: `pt_test_${number}`, expiresIn: LIFE, externalId });

async function scene(context, token) {
  const application = await startApplication(chromium.files);
  context.after(() => application.stop());
  const visit = await visitor(context, chromium.browser);
  application.token = token;
  return { application, visit, open: () => open(application, visit) };
}

/** A tab with a client, which notes what it is told. */
async function open(application, visit) {
  const page = await visit.newPage();
  await page.goto(`${application.url}/page`);
  await page.evaluate(() => {
    Object.assign(window, { told: [], tokens: [], client: sdk.createTokenClient({ sessionTokenUrl: "/token" }) });
    client.subscribe(() => (told.push(client.status), tokens.push(client.token)));
  });
  return page;
}

const tokenOf = (page) => page.evaluate(() => client.getToken());
const reaches = (page, what, of) => page.waitForFunction(what, of, { polling: 50 });
/** Has or has had: the machine that the tests run on may be slower than a token's life. */
const has = (page, token) => reaches(page, (wanted) => tokens.includes(wanted), token);
const until = async (isSo) => {
  while (!isSo()) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
const turns = (page, status) => reaches(page, (wanted) => client.status === wanted, status);

describe("in real tabs", { concurrency: true, timeout: 4 * LIMIT_MS }, () => {
  it("a sandboxed frame, where locks are forbidden, has a token and goes on", async (context) => {
    const { application, visit } = await scene(context, undefined);
    // Its own answer: what a frame without an origin asks for is another origin's.
    application.files["/frame"] = `<script src="/sdk.js"></script><script>
      sdk.createTokenClient({ fetchToken: async () => ({ token: "pt_test_1", expiresIn: 60 }) }).getToken()
        .then((token) => navigator.locks.request("any", () => {}).catch(({ name }) => parent.postMessage([token, name], "*")));
    </script>`;
    application.files["/framing"] = `<script>window.heard = []; onmessage = ({ data }) => heard.push(data);</script>
      <iframe sandbox="allow-scripts" src="/frame"></iframe>`;
    const page = await visit.newPage();
    await page.goto(`${application.url}/framing`);
    await page.waitForFunction(() => heard.length > 0);
    assert.deepEqual(await page.evaluate(() => heard), [["pt_test_1", "SecurityError"]]);
  });

  it("a real token of the gateway is shared by three tabs", async (context) => {
    // On a busy machine a tab may answer too late: then there is one mint too many, as rarely as that.
    for (let tries = 1; ; tries += 1) {
      const { application, open } = await scene(context, undefined);
      const tabs = await Promise.all([open(), open(), open()]);
      const tokens = await Promise.all(tabs.map(tokenOf));
      assert.match(tokens[0], /^pt_test_/);
      if (application.mints === 1) {
        assert.equal(new Set(tokens).size, 1);
        return;
      }
      assert.ok(tries < 4, `${application.mints} mints`);
    }
  });

  it("two and three tabs renew once", async (context) => {
    const { application, open } = await scene(context, short());
    const tabs = await Promise.all([open(), open()]);
    await Promise.all(tabs.map((tab) => has(tab, "pt_test_1")));
    tabs.push(await open());
    await tokenOf(tabs[2]);
    await Promise.all(tabs.map((tab) => has(tab, `pt_test_${application.mints + 1}`)));
    const waits = application.mintedAtMs.slice(1).map((time, number) => time - application.mintedAtMs[number]);
    assert.ok(waits.every((wait) => wait > RENEWED_MS / 2), `${waits}`);
  });

  it("a tab that stands still while it renews holds the others up for no longer than 5 s", async (context) => {
    let answer;
    const hanging = new Promise((resolve) => (answer = resolve));
    const { application, visit, open } = await scene(context, async (_, number) => {
      await (number === 1 ? hanging : undefined);
      return short()(_, number);
    });
    const frozen = await open();
    await until(() => application.mints === 1);
    // Headless Chromium freezes no page that is shown; a debugger does.
    const devtools = await visit.newCDPSession(frozen);
    await devtools.send("Debugger.enable");
    void devtools.send("Runtime.evaluate", { expression: "debugger" }).catch(() => {});
    await new Promise((resolve) => devtools.once("Debugger.paused", resolve));
    const other = await open();
    assert.equal(await tokenOf(other), "pt_test_2");
    answer();
    await devtools.send("Debugger.resume");
    assert.match(await tokenOf(frozen), /^pt_test_/);
    await turns(frozen, "ready");
  });

  it("offline nobody is signed out, and back online the token is there at once", async (context) => {
    const { application, visit, open } = await scene(context, short());
    const page = await visit.newPage();
    await page.goto(`${application.url}/page`);
    await visit.setOffline(true);
    await page.evaluate(() => (window.client = sdk.createTokenClient({ sessionTokenUrl: "/token" })));
    await turns(page, "failing");
    await visit.setOffline(false);
    const back = Date.now();
    await turns(page, "ready");
    assert.ok(Date.now() - back < 3_000);
    assert.equal(application.mints, 1);
  });

  it("a page from the back-forward cache gets a new token at once", async (context) => {
    const { application, open } = await scene(context, short());
    const page = await open();
    await tokenOf(page);
    const left = Date.now();
    await page.evaluate(() => addEventListener("pageshow", ({ persisted }) => (window.persisted = persisted)));
    await page.goto(`${application.url}/elsewhere`);
    // Nothing happens in a page that is kept: only time tells.
    await new Promise((resolve) => setTimeout(resolve, LIFE * 1_000 - (Date.now() - left)));
    // Before it is back: it may ask sooner than this test looks.
    const { mints } = application;
    await page.goBack({ waitUntil: "commit" });
    assert.equal(await page.evaluate(() => window.persisted), true, "Chromium has kept the page");
    assert.equal(await tokenOf(page), `pt_test_${mints + 1}`);
  });

  it("401 signs out in every tab, and each is told once", async (context) => {
    const { application, open } = await scene(context, short());
    const tabs = await Promise.all([open(), open(), open()]);
    await Promise.all(tabs.map(tokenOf));
    application.token = () => ({ status: 401 });
    await Promise.all(tabs.map((tab) => turns(tab, "signed_out")));
    const told = await Promise.all(tabs.map((tab) => tab.evaluate(() => told.filter((status) => status === "signed_out").length)));
    assert.deepEqual(told, [1, 1, 1]);
  });

  it("another user's token replaces nothing, in every tab", async (context) => {
    const { application, open } = await scene(context, short());
    const tabs = await Promise.all([open(), open()]);
    await Promise.all(tabs.map(tokenOf));
    application.token = (_, number) => ({ ...short("jo")(_, number), token: "of-jo" });
    await Promise.all(tabs.map((tab) => turns(tab, "user_changed")));
    const tokens = await Promise.all(tabs.map((tab) => tab.evaluate(() => client.token)));
    assert.ok(!tokens.includes("of-jo"), `${tokens}`);
  });
});
