// What docs/quickstart.md promises: no session, home, the backend, a click, the page.
//
//   node quickstart.mjs http://localhost:3002

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";

import { chromium, launchOptions } from "../../browser/chromium.mjs";

const portal = process.argv[2];
// `next dev` compiles a page when somebody asks for it: seconds, on a busy machine a minute.
const LIMIT_MS = 120_000;
const browser = await chromium.launch(launchOptions);
after(() => browser.close());

test("a program is told that nobody is there", async () => {
  const document = readFileSync(new URL("../../../docs/quickstart.md", import.meta.url), "utf8");
  const shown = JSON.parse(document.match(/```json\n([^]*?)```/)[1]);
  const answer = await (await fetch(portal)).json();
  assert.deepEqual({ ...answer, ...shown }, answer);
});

test("a person comes in with one click", { timeout: 2 * LIMIT_MS }, async () => {
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT_MS);
  await page.goto(portal);
  await page.locator("form:has(input[name=session]) button").click();
  await page.getByRole("heading", { name: "Hello user_123" }).waitFor();
});
