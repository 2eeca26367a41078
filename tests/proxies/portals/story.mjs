// A week in the life of two browsers and the examples: in, a deep link, expiry, home, back on the same page, a server action
// with a dead session, two tabs, out, out everywhere else.
//
//   node story.mjs '[{"name":…,"app":…,"portal":…,"gateway":…,"isActing":…},…]'

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { chromium, launchOptions } from "../../browser/chromium.mjs";

const LIMIT_MS = 20_000;
const rules = "--host-resolver-rules=MAP portal.example.com 127.0.0.1";
const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args, rules] });
after(() => browser.close());

const shows = (page, id, text) => page.locator(id, { hasText: text }).waitFor();
const isAt = (page, path) => page.waitForURL((url) => url.pathname + url.search === path);

/** Without waiting for a page to load: it may be left at once. */
const reloads = (page) => page.evaluate(() => location.reload());

/** Jane in a browser of her own, signed in at the application. */
async function jane(setting) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(LIMIT_MS);
  const page = await context.newPage();
  await page.goto(`${setting.app}/billing`);
  await page.getByRole("button", { name: "Jane Doe" }).click();
  await shows(page, "#who", "Jane Doe");
  return { context, page };
}

/** Does something that leads into the portal. The gateway's own page asks for a click where none led there. */
async function comesIn(page, { portal }, act) {
  const landing = page.locator("form:has(input[name=session]) button");
  // The page that is left shows the same.
  await page.evaluate(() => document.documentElement.setAttribute("data-left", ""));
  const isIn = page.locator("html:not([data-left]) #who", { hasText: /^jane$/ }).waitFor();
  await act();
  await Promise.race([isIn, landing.click({ noWaitAfter: true }).catch(() => {})]);
  await isIn;
  assert.equal(new URL(page.url()).origin, portal);
}

/** From now on all of Jane's sessions are over. */
async function expires({ gateway, key }) {
  const answer = await fetch(`${gateway}/v2/portal.revokeSession`, {
    method: "POST",
    headers: { "authorization": `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ slug: "my-portal", externalId: "jane" }),
  });
  assert.notEqual((await answer.json()).data.revoked, 0);
}

async function expiryLeadsHomeAndBack(page, setting) {
  await page.goto(`${setting.portal}/invoices/42?from=mail`);
  await shows(page, "#invoice", "42");
  await expires(setting);
  await comesIn(page, setting, () => reloads(page));
  await isAt(page, "/invoices/42?from=mail");
}

async function deadActionLeadsHome(page, setting) {
  await page.goto(`${setting.portal}/invoices/43`);
  await page.locator("#send").click();
  await shows(page, "#sent", "is on its way to jane");
  await expires(setting);
  const home = page.waitForRequest((request) => request.url().startsWith(`${setting.app}/billing?reason=session_expired`));
  await comesIn(page, setting, () => page.locator("#send").click());
  await home;
  await isAt(page, "/invoices/43");
}

async function twoTabs({ context, page }, setting) {
  const other = await context.newPage();
  await page.goto(`${setting.portal}/invoices/41`);
  await other.goto(`${setting.portal}/invoices/42`);
  await expires(setting);
  await comesIn(page, setting, () => reloads(page));
  await isAt(page, "/invoices/41");
  // The first tab's session is the second one's too.
  await other.reload();
  await isAt(other, "/invoices/42");
  await shows(other, "#who", "jane");
  await other.locator("#sign-out").click();
  await other.waitForURL(`${setting.app}/billing`);
  // Signed in at the application, the first tab gets a session of its own.
  await comesIn(page, setting, () => reloads(page));
}

async function outEverywhereElse({ page }, elsewhere, setting) {
  await comesIn(elsewhere.page, setting, () => elsewhere.page.locator("#open").click());
  await page.goto(`${setting.app}/billing`);
  await comesIn(page, setting, () => page.locator("#open").click());
  await page.goto(`${setting.app}/billing`);
  // A link that nobody follows is no session of this browser's.
  await page.request.get(`${setting.app}/portal`, { maxRedirects: 0 });
  await page.locator("#elsewhere").click();
  await shows(page, "#who", "Jane Doe");
  const stayed = await page.goto(setting.portal);
  assert.equal(stayed.request().redirectedFrom(), null);
  await shows(page, "#who", "jane");
  await elsewhere.page.reload();
  await elsewhere.page.getByRole("heading", { name: "Sign in" }).waitFor();
}

for (const setting of JSON.parse(process.argv[2])) {
  test(setting.name, { timeout: 4 * LIMIT_MS }, async () => {
    const here = await jane(setting);
    const { page } = here;
    await comesIn(page, setting, () => page.locator("#open").click());
    await expiryLeadsHomeAndBack(page, setting);
    if (setting.isActing) await deadActionLeadsHome(page, setting);
    await twoTabs(here, setting);
    const elsewhere = await jane(setting);
    await outEverywhereElse(here, elsewhere, setting);
    await Promise.all([here.context.close(), elsewhere.context.close()]);
  });
}
