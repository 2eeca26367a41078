// Whatever opens a link before its person does spends nothing, and the person's click works.

import assert from "node:assert/strict";

import { isInside, leftAlone, story, visitor } from "./browser.mjs";
import { startBackend, startForeign, startFront, startPortal, until } from "./places.mjs";
import { backend, createSession, foreignSite, gateway, neighbour, statesOf } from "./stage.mjs";

const front = await startFront();
await startPortal();
const backendServer = await startBackend();
const foreign = await startForeign();

/** What came to the landing page with this ticket. */
const visitsOf = (created) => front.seen.filter(({ url }) => url.includes(created.sessionId));

/** The link is unspent, and a click on it leads in. */
async function works(t, created, user) {
  assert.deepEqual(await statesOf("hosted", user), ["pending"]);
  const page = await (await visitor(t)).newPage();
  foreign.body = `<a href="${created.url}">The link</a>`;
  await page.goto(foreignSite);
  await page.getByRole("link").click();
  await isInside(page, user);
  assert.deepEqual(await statesOf("hosted", user), ["active"]);
}

const scanners = {
  "a preview bot that runs scripts": async (context, url) => {
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "networkidle" });
    await page.getByRole("button", { name: "Continue" }).waitFor();
  },
  "a bot that follows the link by script": async (context, url) => {
    foreign.body = `<script>location.assign("${url}")</script>`;
    const page = await context.newPage();
    await page.goto(foreignSite);
    await page.getByRole("button", { name: "Continue" }).waitFor();
    await page.waitForLoadState("networkidle");
  },
  "a prefetching page": async (context, url, visited) => {
    foreign.body = `<link rel="prefetch" href="${url}">`;
    await (await context.newPage()).goto(neighbour);
    assert.deepEqual((await visited()).map(({ status }) => status), [403]);
  },
  "speculation rules that prefetch": async (context, url, visited) => {
    foreign.body = rules("prefetch", url);
    await (await context.newPage()).goto(neighbour);
    assert.deepEqual((await visited()).map(({ status }) => status), [403]);
  },
  "speculation rules that prerender": async (context, url, visited) => {
    // Only for pages of the same origin, such as a portal's that has the gateway on its own host; and only in a
    // Chromium that nobody steers.
    front.page = rules("prerender", url);
    await leftAlone(`${gateway}/a-page-of-the-portal`, async () => {
      assert.deepEqual((await visited()).map(({ status }) => status), [403]);
    });
  },
  "a frame": async (context, url, visited) => {
    foreign.body = `<iframe src="${url}"></iframe>`;
    const page = await context.newPage();
    await page.goto(foreignSite);
    await visited();
    await until(() => page.frames().length === 2 && page.frames()[1].url() === "chrome-error://chromewebdata/");
  },
  "a script that may not read": async (context, url, visited) => {
    foreign.body = "";
    const page = await context.newPage();
    await page.goto(foreignSite);
    const call = (address) => fetch(address, { mode: "no-cors", credentials: "include" }).then(() => null, () => null);
    await page.evaluate(call, url);
    await visited();
  },
};

function rules(action, url) {
  const text = JSON.stringify({ [action]: [{ urls: [url], eagerness: "immediate" }] });
  return `<script type="speculationrules">${text}</script>`;
}

let count = 0;
for (const [who, scan] of Object.entries(scanners)) {
  story(`${who} spends nothing`, async (t) => {
    const user = `user_${(count += 1)}`;
    const created = await createSession("hosted", { externalId: user });
    const visited = () => until(() => visitsOf(created).length > 0 && visitsOf(created));
    await scan(await visitor(t, { tolerates: /frame-ancestors/ }), created.url, visited);
    assert.ok(visitsOf(created).length > 0, "it was there");
    await works(t, created, user);
  });
}

story("a tab in the background goes on when somebody looks at it", async (t) => {
  const context = await visitor(t);
  // Without a screen, Chromium has no tab that nobody sees; the page is told that it is one.
  await context.addInitScript(() => {
    let seen = false;
    Object.defineProperty(Document.prototype, "visibilityState", { get: () => (seen ? "visible" : "hidden") });
    globalThis.lookAtIt = () => {
      seen = true;
      document.dispatchEvent(new Event("visibilitychange"));
    };
  });
  backendServer.fields = { externalId: "in the background" };
  const page = await context.newPage();
  await page.goto(`${backend}/hosted`);
  await page.getByRole("link", { name: "Open the portal" }).click();
  await page.locator("form[data-goes-on]").waitFor();
  await page.waitForLoadState("networkidle");
  assert.equal(page.url(), `${gateway}/portal/hosted`);
  assert.deepEqual(await statesOf("hosted", "in the background"), ["pending"]);
  await page.evaluate(() => globalThis.lookAtIt());
  await isInside(page, "in the background");
});
