// Everything that can be clicked can be reached by Tab and used by Enter, and one sees where one is.

import assert from "node:assert/strict";

import { isInside, picture, story, visitor } from "./browser.mjs";
import { startBackend, startFront, startPortal } from "./places.mjs";
import { backend, createSession, gateway, statesOf } from "./stage.mjs";

await startFront();
await startPortal();
await startBackend();

/** Tab by Tab through the page: the names of what has the focus, each visibly. */
async function tabStops(page) {
  const stops = [];
  for (;;) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const onScreen = box.width > 0 && box.top >= 0 && box.bottom <= innerHeight;
      const outlined = outlineStyle === "solid" && parseFloat(outlineWidth) >= 2;
      return { name: element.textContent.trim(), seen: onScreen && outlined };
    });
    if (stop === null || stops.includes(stop.name)) return stops;
    assert.ok(stop.seen, `one does not see that ${stop.name} has the focus`);
    stops.push(stop.name);
  }
}

/** Tabs to what has this name and presses Enter. */
async function use(page, name) {
  for (let steps = 0; steps < 10; steps += 1) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement.textContent.trim())) === name) break;
  }
  await page.keyboard.press("Enter");
}

story("the landing page", async (t) => {
  const page = await (await visitor(t)).newPage();
  await page.goto((await createSession("hosted", { externalId: "typing" })).url);
  assert.deepEqual(await tabStops(page), ["Continue"]);
  await use(page, "Continue");
  await isInside(page, "typing");
});

story("the question, yes and no", async (t) => {
  const page = await (await visitor(t)).newPage();
  const { url } = await createSession("asking", { externalId: "typing" });
  await page.goto(url);
  assert.deepEqual(await tabStops(page), ["Continue", "No, go back"]);
  await page.goto(url);
  await page.keyboard.press("Tab");
  await picture(page, "confirm-focus");
  await page.goto(url);
  await use(page, "No, go back");
  await page.waitForURL(`${backend}/asking`);
  assert.deepEqual(await statesOf("asking", "typing"), ["pending"]);
  await page.goto(url);
  await use(page, "Continue");
  await isInside(page, "typing");
});

story("the pages that say what is wrong", async (t) => {
  const page = await (await visitor(t)).newPage();
  await page.goto(`${gateway}/portal/switched-off`);
  assert.deepEqual(await tabStops(page), ["Go back"]);
  await use(page, "Go back");
  await page.waitForURL(`${backend}/switched-off`);
});
