// A person in a real portal behind a real proxy: in by the link, a click, a form, a deep link, out.
//
//   node visit.mjs '[{"name":…,"link":…,"origin":…,"home":…},…]'

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { chromium, launchOptions } from "../../browser/chromium.mjs";

const LIMIT_MS = 20_000;
const rules = "--host-resolver-rules=MAP portal.example.com 127.0.0.1";
const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args, rules] });
after(() => browser.close());

/** Someone at a portal, who notes what did not load. */
async function visitor({ origin }) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(LIMIT_MS);
  const faults = [];
  context.on("response", (response) => {
    const url = new URL(response.url());
    const isOurs = url.origin === origin && url.pathname !== "/favicon.ico";
    if (isOurs && response.status() >= 400) faults.push(`${response.status()} ${url.pathname}`);
  });
  context.on("weberror", (error) => faults.push(error.error().stack));
  return { context, page: await context.newPage(), faults };
}

async function isSentHome(page, { home }, act) {
  await act();
  await page.waitForURL((url) => url.href.startsWith(home));
}

const shows = (page, id, text) => page.locator(id, { hasText: text }).waitFor();

async function enter(page, visit) {
  await page.goto(visit.link);
  // A link from outside the browser: the gateway's own page waits for a click.
  if (visit.isHosted) {
    await page.getByRole("button").click();
    // Back where they were sent home from.
    await shows(page, "#invoice", "42");
    await page.goto(visit.origin);
  }
  await shows(page, "#who", "jane");
}

for (const visit of JSON.parse(process.argv[2])) {
  test(visit.name, { timeout: 3 * LIMIT_MS }, async () => {
    const { context, page, faults } = await visitor(visit);
    await isSentHome(page, visit, () => page.goto(`${visit.origin}/invoices/42`));
    await enter(page, visit);
    await page.locator("#act").click();
    await shows(page, "#result", "Hello jane");
    await page.locator("#deeper").click();
    await shows(page, "#invoice", "42");
    await page.goto(`${visit.origin}/invoices/42`);
    await shows(page, "#invoice", "42");
    await isSentHome(page, visit, () => page.locator("#logout").click());
    await isSentHome(page, visit, () => page.goto(visit.origin));
    assert.deepEqual(faults, []);
    await context.close();
  });
}
