// Redis hangs: people are told, nobody is signed out, and what they tried works once it is back.

import assert from "node:assert/strict";

import { isInside, picture, story, visitor } from "./browser.mjs";
import { startBackend, startFront, startPortal } from "./places.mjs";
import { backend, createSession, gateway, portal, signalRedis, statesOf } from "./stage.mjs";

await startFront();
await startPortal();
await startBackend();

const told = (page) => page.getByRole("heading", { name: "The portal cannot be reached right now" }).waitFor();

/** While Redis hangs. */
async function during(play) {
  await signalRedis("-STOP");
  try {
    await play();
  } finally {
    await signalRedis("-CONT");
  }
}

story("on the way in", async (t) => {
  const page = await (await visitor(t)).newPage();
  const { url } = await createSession("hosted");
  await page.goto(url);
  await during(async () => {
    await page.getByRole("button", { name: "Continue" }).click();
    await told(page);
    await picture(page, "outage");
  });
  await page.getByRole("button", { name: "Try again" }).click();
  await isInside(page);
  assert.deepEqual(await statesOf("hosted"), ["active"]);
});

story("at the landing page and before a portal's proxy, with the cookie kept", async (t) => {
  const context = await visitor(t);
  const page = await context.newPage();
  await page.goto(`${backend}/hosted`);
  await page.getByRole("link", { name: "Open the portal" }).click();
  await isInside(page);
  const cookies = await context.cookies();
  const authorize = `${gateway}/v2/portal.authorize?slug=hosted`;
  for (const [address, after] of [[`${gateway}/portal/hosted`, () => isInside(page)], [authorize, null]]) {
    await during(async () => {
      await page.goto(address);
      await told(page);
    });
    assert.deepEqual(await context.cookies(), cookies, "an outage is no logout");
    const answered = page.waitForResponse((response) => response.url() === address);
    await page.getByRole("link", { name: "Try again" }).click();
    assert.equal((await answered).status(), after ? 303 : 200);
    await after?.();
  }
  await page.goto(`${portal}/hosted`);
  await isInside(page);
});
