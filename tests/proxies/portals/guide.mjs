// What a page of docs/guides promises: a person without a session is led in by the application, and out again.
//
//   node guide.mjs http://localhost:3002 user_ada [http://localhost:3001]      where, as whom, where to after signing out

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { chromium, launchOptions } from "../../browser/chromium.mjs";

const [portal, user, application] = process.argv.slice(2);
// A development server compiles a page when somebody asks for it: seconds, on a busy machine a minute.
const LIMIT_MS = 120_000;
const browser = await chromium.launch(launchOptions);
after(() => browser.close());

/** A button that the server rendered does nothing until the page's scripts run, so one may have to press it again. */
async function leaves(page) {
  const isHome = (url) => url.origin === application && !url.searchParams.has("reason");
  const timeout = 2_000;
  while (!isHome(new URL(page.url()))) {
    await page.getByRole("button", { name: "Sign out" }).click({ timeout }).catch(() => {});
    await page.waitForURL(isHome, { timeout }).catch(() => {});
  }
}

/** The demo app ends the session; a page of the portal leads through the app, and back. */
async function comesBack(page) {
  const app = await page.context().newPage();
  await app.goto(application);
  const revoked = app.waitForResponse((answer) => answer.request().method() === "POST");
  await app.getByRole("button", { name: "Revoke from the backend" }).click();
  await revoked;
  // The page that is left shows the same.
  await page.evaluate(() => { globalThis.isLeft = true; });
  const shows = (words) => !globalThis.isLeft && document.querySelector("h1")?.textContent === words;
  const isBack = page.waitForFunction(shows, `Hello ${user}`);
  const home = page.waitForRequest((request) => request.url().startsWith(`${application}/billing?reason=session_expired`));
  await page.evaluate(() => location.reload());
  const landing = page.locator("form:has(input[name=session]) button");
  await Promise.race([isBack, landing.click({ noWaitAfter: true }).catch(() => {})]);
  await Promise.all([home, isBack]);
}

test("a person comes in, back and leaves", { timeout: 2 * LIMIT_MS }, async () => {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(LIMIT_MS);
  page.on("dialog", (dialog) => assert.fail(dialog.message()));
  await page.goto(portal);
  if (user === "user_ada") {
    // From the demo app's page the gateway's page goes on by itself.
    await page.getByRole("button", { name: "Ada Lovelace" }).click();
    await page.getByRole("heading", { name: `Hello ${user}` }).waitFor();
    await comesBack(page);
  } else if (application) {
    await page.locator("form:has(input[name=session]) button").click();
  }
  await page.getByRole("heading", { name: `Hello ${user}` }).waitFor();
  if (application) await leaves(page);
});
