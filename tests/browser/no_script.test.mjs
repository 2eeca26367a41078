// Without JavaScript everything that the gateway shows works by its buttons.

import assert from "node:assert/strict";

import { story, visitor } from "./browser.mjs";
import { startBackend, startFront, startPortal } from "./places.mjs";
import { backend, createSession, gateway, portal, signalRedis, statesOf } from "./stage.mjs";

await startFront();
await startPortal();
const backendServer = await startBackend();

const newPage = async (t) => (await visitor(t, { javaScriptEnabled: false })).newPage();

for (const slug of ["hosted", "asking"]) {
  story(`the way in (${slug})`, async (t) => {
    const page = await newPage(t);
    backendServer.fields = { externalId: `plain in ${slug}` };
    await page.goto(`${backend}/${slug}`);
    await page.getByRole("link", { name: "Open the portal" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForURL(`${portal}/${slug}`);
    assert.deepEqual(await statesOf(slug, `plain in ${slug}`), ["active"]);
  });
}

story("no is no", async (t) => {
  const page = await newPage(t);
  const { url } = await createSession("asking", { externalId: "plain no" });
  await page.goto(url);
  await page.getByRole("link", { name: "No, go back" }).click();
  await page.waitForURL(`${backend}/asking`);
  assert.deepEqual(await statesOf("asking", "plain no"), ["pending"]);
});

story("errors, and a retry that takes the form along", async (t) => {
  const page = await newPage(t);
  await page.goto(`${gateway}/portal/switched-off`);
  await page.getByRole("link", { name: "Go back" }).click();
  await page.waitForURL(`${backend}/switched-off`);

  const { url } = await createSession("hosted", { externalId: "plain outage" });
  await page.goto(url);
  await signalRedis("-STOP");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "The portal cannot be reached right now" }).waitFor();
  await signalRedis("-CONT");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.waitForURL(`${portal}/hosted`);
  assert.deepEqual(await statesOf("hosted", "plain outage"), ["active"]);
});
