// The playground and the hosted page as somebody sees them who tries Vestibule: on a desk and on a phone.
// The pictures of README and docs are taken here.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { story, visitor } from "./browser.mjs";
import { breaksBetweenWords, fits, judge } from "./judge.mjs";
import { smallPng } from "./small_png.mjs";

const { APP_PORT, PORTAL_PORT, GATEWAY_PORT, PICTURES, VESTIBULE_WRITE_PICTURES } = process.env;
const app = `http://localhost:${APP_PORT}`;
const portal = `http://localhost:${PORTAL_PORT}`;
const errors = `http://localhost:${GATEWAY_PORT}/errors`;

// A colour that fades in has too little contrast for a moment.
const STILL = { reducedMotion: "reduce" };
const DESK = { ...STILL, colorScheme: "light", viewport: { width: 1280, height: 720 } };
const PHONE = { ...STILL, colorScheme: "dark", viewport: { width: 375, height: 760 } };
const SMALL = "small-phone";
const SMALL_PHONE = { ...STILL, colorScheme: "light", viewport: { width: 320, height: 640 } };

/** What fits on the screen, for the documents. */
async function picture(page, name) {
  if (name.endsWith(SMALL)) return;
  mkdirSync(PICTURES, { recursive: true });
  const png = await page.screenshot({ animations: "disabled" });
  const kept = VESTIBULE_WRITE_PICTURES ? await smallPng(page.context(), png) : png;
  writeFileSync(join(PICTURES, `${name}.png`), kept);
}

async function holds(page, what) {
  await judge(page, what);
  await fits(page);
  await breaksBetweenWords(page);
}

/** The story is as tall as the screen at most; of its steps only the newest is open. */
async function storyIsShort(page) {
  const { height, screen, open } = await page.evaluate(() => ({
    height: document.querySelector(".story").getBoundingClientRect().height,
    screen: innerHeight,
    open: [...document.querySelectorAll("#story details")].map((step) => step.open),
  }));
  assert.ok(height <= screen, `the story is ${height} px tall on a screen of ${screen}`);
  assert.equal(open.filter(Boolean).length, 1, "one step is open");
}

/** What is no button does not look like one: it has no border and no shadow. */
async function onlyButtonsLookLikeButtons(page) {
  const borders = await page.evaluate(() =>
    [...document.querySelectorAll(".plan li, .actor")].map((pill) => getComputedStyle(pill).borderTopWidth),
  );
  assert.ok(borders.length > 0);
  assert.deepEqual(borders.filter((width) => width !== "0px"), []);
}

async function logIn(page) {
  await page.goto(app);
  await page.locator("button.choice").first().click();
  await page.getByRole("heading", { name: /^Hello/ }).waitFor();
}

for (const [place, options] of Object.entries({ desk: DESK, phone: PHONE, [SMALL]: SMALL_PHONE })) {
  story(`somebody tries it on a ${place}`, async (t) => {
    const page = await (await visitor(t, options)).newPage();
    await page.goto(app);
    await page.getByRole("heading", { name: "Who are you today?" }).waitFor();
    await onlyButtonsLookLikeButtons(page);
    await holds(page, "logged out");
    await logIn(page);
    await page.getByRole("button", { name: "Open the portal" }).click();
    await page.waitForURL(`${portal}/**`);
    await page.getByRole("heading", { name: /^Welcome/ }).waitFor();
    await page.locator("#story details").first().waitFor();
    await storyIsShort(page);
    await onlyButtonsLookLikeButtons(page);
    await holds(page, "in the portal");
    await picture(page, `playground-${place}`);
    await page.goto(app);
    await page.getByRole("button", { name: "Open it through Vestibule's own page" }).click();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await holds(page, "the hosted page");
    await picture(page, `hosted-page-${place}`);
  });
}

story("somebody follows an error to its page", async (t) => {
  const page = await (await visitor(t, { ...STILL, viewport: { width: 1000, height: 620 } })).newPage();
  await page.goto(`${errors}/authentication/missing`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await picture(page, "error-page");
});
