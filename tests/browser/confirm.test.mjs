// Where the portal wants it, and where somebody else is signed in, people are asked who they are.

import assert from "node:assert/strict";

import { isInside, picture, story, visitor } from "./browser.mjs";
import { startBackend, startFront, startPortal } from "./places.mjs";
import { backend, createSession, statesOf } from "./stage.mjs";

await startFront();
await startPortal();
const backendServer = await startBackend();

const openPortal = async (page, slug, fields) => {
  backendServer.fields = fields;
  await page.goto(`${backend}/${slug}`);
  await page.getByRole("link", { name: "Open the portal" }).click();
};

const question = (page, who) => page.getByRole("heading", { name: `Continue as ${who}?` });

story("yes leads in", async (t) => {
  const page = await (await visitor(t)).newPage();
  await openPortal(page, "asking", { externalId: "yes", email: "jane@example.com" });
  await question(page, "jane@example.com").waitFor();
  await page.waitForLoadState("networkidle");
  assert.deepEqual(await statesOf("asking", "yes"), ["pending"], "a click on the link is no answer");
  await page.getByRole("button", { name: "Continue" }).click();
  await isInside(page, "yes");
});

story("no leads home and spends nothing", async (t) => {
  const page = await (await visitor(t)).newPage();
  await openPortal(page, "asking", { externalId: "no", email: "jane@example.com" });
  await question(page, "jane@example.com").waitFor();
  await page.getByRole("link", { name: "No, go back" }).click();
  await page.waitForURL(`${backend}/asking`);
  assert.deepEqual(await statesOf("asking", "no"), ["pending"]);
});

for (const slug of ["hosted", "asking"]) {
  story(`another user's live session is never replaced unasked (${slug})`, async (t) => {
    const context = await visitor(t);
    const page = await context.newPage();
    const [john, jane] = [`john in ${slug}`, `jane in ${slug}`];
    await openPortal(page, slug, { externalId: john });
    if (slug === "asking") await page.getByRole("button", { name: "Continue" }).click();
    await isInside(page, john);

    const states = async () => [await statesOf(slug, john), await statesOf(slug, jane)];
    await openPortal(page, slug, { externalId: jane });
    await page.getByText(`You are signed in as ${john} at the moment`).waitFor();
    await page.waitForLoadState("networkidle");
    assert.deepEqual(await states(), [["active"], ["pending"]]);
    await picture(page, `replaces-${slug}`);
    await page.getByRole("link", { name: "No, go back" }).click();
    await page.waitForURL(`${backend}/${slug}`);
    assert.deepEqual(await states(), [["active"], ["pending"]]);

    const { url } = await createSession(slug, { externalId: jane });
    await page.goto(url);
    await page.getByText(`You are signed in as ${john} at the moment`).waitFor();
    await page.getByRole("button", { name: "Continue" }).click();
    await isInside(page, jane);
    assert.deepEqual(await states(), [[], ["active", "pending"]], "john's ended in this browser");
  });
}
