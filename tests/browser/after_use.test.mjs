// The same link once more: the back button, a refresh, a second click, two at once, an answer that was lost.

import assert from "node:assert/strict";

import { isInside, story, visitor } from "./browser.mjs";
import { startBackend, startForeign, startFront, startPortal, until } from "./places.mjs";
import { backend, createSession, foreignSite, gateway, portal, statesOf } from "./stage.mjs";

const front = await startFront();
await startPortal();
await startBackend();
const foreign = await startForeign();

const clickOn = async (page, url) => {
  foreign.body = `<a href="${url}">The link</a>`;
  await page.goto(foreignSite);
  await page.getByRole("link", { name: "The link" }).click();
};

const button = (page) => page.getByRole("button", { name: "Continue" });

story("back, refresh and a second click lead into the portal; another browser goes home", async (t) => {
  const page = await (await visitor(t)).newPage();
  const { url } = await createSession("hosted", { externalId: "returning" });
  await clickOn(page, url);
  await isInside(page, "returning");
  await page.goBack();
  await page.goForward();
  await isInside(page, "returning");
  await page.reload();
  await isInside(page, "returning");
  await clickOn(page, url);
  await isInside(page, "returning");
  // The address as it is in a mail, a bookmark, a new tab.
  for (const address of [url, `${gateway}/portal/hosted`]) {
    await page.goto(address);
    await isInside(page, "returning");
    assert.equal(page.url(), `${portal}/hosted`);
  }
  assert.deepEqual(await statesOf("hosted", "returning"), ["active"]);

  const other = await (await visitor(t)).newPage();
  await clickOn(other, url);
  await other.waitForURL(`${backend}/hosted?reason=session_expired`);
  assert.deepEqual(await statesOf("hosted", "returning"), ["active"]);
});

story("a refresh of the page that waits still offers the button, or leads home", async (t) => {
  const page = await (await visitor(t)).newPage();
  const { url } = await createSession("hosted", { externalId: "refreshing" });
  await page.goto(url);
  await button(page).waitFor();
  assert.equal(page.url(), `${gateway}/portal/hosted`, "the ticket is out of the address bar");
  await page.reload();
  await page.waitForURL(`${backend}/hosted?reason=session_missing`);
  await page.goto(url);
  await button(page).click();
  await isInside(page, "refreshing");
});

story("a double click is one click", async (t) => {
  const page = await (await visitor(t)).newPage();
  const { url } = await createSession("hosted", { externalId: "hasty" });
  await page.goto(url);
  const posts = front.seen.length;
  await button(page).dblclick();
  await isInside(page, "hasty");
  assert.equal(front.seen.slice(posts).filter(({ method }) => method === "POST").length, 1);
  assert.deepEqual(await statesOf("hosted", "hasty"), ["active"]);
});

story("two tabs at once are one session", async (t) => {
  const context = await visitor(t);
  const pages = [await context.newPage(), await context.newPage()];
  const { url } = await createSession("hosted", { externalId: "in two tabs" });
  for (const page of pages) await page.goto(url);
  await Promise.all(pages.map((page) => button(page).click()));
  for (const page of pages) await isInside(page, "in two tabs");
  assert.deepEqual(await statesOf("hosted", "in two tabs"), ["active"]);
});

story("without a script a double click is one session, too", async (t) => {
  const context = await visitor(t, { javaScriptEnabled: false });
  const page = await context.newPage();
  const { url } = await createSession("hosted", { externalId: "hasty without" });
  await page.goto(url);
  await button(page).dblclick();
  // Waiting for a navigation would fail: the second click aborts the first one's.
  await until(() => page.url() === `${portal}/hosted`);
  assert.deepEqual(await statesOf("hosted", "hasty without"), ["active"]);
});

story("an answer that is lost can be asked for again", async (t) => {
  const page = await (await visitor(t)).newPage();
  const { url } = await createSession("hosted", { externalId: "unlucky" });
  await page.goto(url);
  // Chromium repeats by itself what it sent on a connection that was open already.
  front.lose = 2;
  await button(page).click();
  const settled = () => page.url().startsWith("chrome-error:") || page.url() === `${portal}/hosted`;
  await until(() => front.lost > 0 && settled());
  assert.deepEqual(await statesOf("hosted", "unlucky"), ["active"], "it was spent");
  front.lose = 0;
  // The browser's own "Reload" sends the form again.
  if (page.url() !== `${portal}/hosted`) await page.reload();
  await isInside(page, "unlucky");
  assert.deepEqual(await statesOf("hosted", "unlucky"), ["active"]);
});
