// From the backend into the portal, out when the session is over, and in again: for both kinds of portal.

import assert from "node:assert/strict";

import { addresses, isInside, story, visitor } from "./browser.mjs";
import { startBackend, startFront, startPortal } from "./places.mjs";
import { backend, forward, gateway, portal, statesOf } from "./stage.mjs";

await startFront();
const portalServer = await startPortal();
const backendServer = await startBackend({ comesBack: true });

/** Opens the portal from the backend's page, as people do. */
async function openPortal(page, slug) {
  await page.goto(`${backend}/${slug}`);
  await page.getByRole("link", { name: "Open the portal" }).click();
}

async function leavesNoTrace(page) {
  const remembered = await addresses(page);
  assert.ok(remembered.length > 1, "the tab remembers where it came from");
  for (const address of [...remembered, page.url()]) assert.doesNotMatch(address, /pst_/);
}

for (const slug of ["own-page", "hosted"]) {
  story(`${slug}: in, out after a day, and in again`, async (t) => {
    const page = await (await visitor(t)).newPage();
    await openPortal(page, slug);
    await isInside(page);
    assert.equal(page.url(), `${portal}/${slug}`);
    await leavesNoTrace(page);

    await forward(86_401);
    const before = backendServer.seen.length;
    await page.reload();
    // If Chromium does not say that a person reloaded, the gateway's own page asks: another site could have led here, too.
    if (slug === "hosted") page.getByRole("button", { name: "Continue" }).click().catch(() => "nobody was asked");
    await isInside(page);
    assert.equal(backendServer.seen[before], `/${slug}?reason=session_expired`);
    assert.equal(backendServer.seen.length, before + 1, "the backend was asked once");
    assert.deepEqual(await statesOf(slug), ["active"]);
    await leavesNoTrace(page);
  });
}

story("the hosted page tells the portal nothing of where it was", async (t) => {
  const page = await (await visitor(t)).newPage();
  portalServer.seen.length = 0;
  await openPortal(page, "hosted");
  await isInside(page);
  assert.equal(await page.evaluate(() => document.referrer), "");
  assert.deepEqual(portalServer.seen.map(({ url, headers }) => [url, headers.referer]), [["/hosted", undefined]]);
  const loaded = await page.evaluate(() => performance.getEntries().map((entry) => entry.name).join());
  assert.doesNotMatch(loaded, /pst_/);
  await page.goBack();
  for (const address of [page.url(), await page.evaluate(() => document.referrer)]) {
    assert.doesNotMatch(address, /pst_/);
  }
});

story("the browser shows the gateway's page only as long as it takes", async (t) => {
  const page = await (await visitor(t)).newPage();
  const visited = new Set();
  page.on("framenavigated", (frame) => visited.add(frame.url()));
  await openPortal(page, "hosted");
  await isInside(page);
  const [first, ...others] = visited;
  assert.equal(first, `${backend}/hosted`);
  assert.equal(others.pop(), `${portal}/hosted`);
  for (const address of others) assert.ok(address.startsWith(`${gateway}/portal/hosted`), address);
});
