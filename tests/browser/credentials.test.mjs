// No script of any page can read a credential that is worth something once its person is inside.

import assert from "node:assert/strict";

import { isInside, story, visitor } from "./browser.mjs";
import { startBackend, startFront, startPortal } from "./places.mjs";
import { backend, createSession, gateway } from "./stage.mjs";

await startFront();
await startPortal();
await startBackend();

const TOKEN = /ps_(live|test)_/;
const TICKET = /pst_(live|test)_/;

/** Everything that script on this page can get hold of, as one text. */
function readable(page, addresses = []) {
  return page.evaluate(async (asked) => {
    const found = [document.cookie, document.documentElement.outerHTML, location.href, document.referrer, window.name];
    for (const storage of [localStorage, sessionStorage]) found.push(JSON.stringify(storage));
    for (const { name } of await indexedDB.databases()) found.push(name);
    // Not the entry of the page itself: a portal's own page exchanges what its address brings, which is then spent.
    for (const { name } of performance.getEntriesByType("resource")) found.push(name);
    found.push(JSON.stringify(history.state), window.told ?? "");
    if ("cookieStore" in window) found.push(JSON.stringify(await cookieStore.getAll()));
    for (const { address, method } of asked) {
      const headers = { "content-type": "application/json" };
      const response = await fetch(address, { method, headers, credentials: "include" }).catch(() => null);
      if (response) found.push(JSON.stringify([...response.headers]), await response.text());
    }
    return found.join("\n");
  }, addresses);
}

async function valueOf(context, name) {
  const cookie = (await context.cookies()).find((other) => other.name === name);
  assert.ok(cookie?.httpOnly, `${name} is there, and HttpOnly`);
  return cookie.value;
}

story("on the pages before the portal", async (t) => {
  const context = await visitor(t);
  const page = await context.newPage();
  const { url } = await createSession("hosted");
  for (const address of [url, `${gateway}/portal/switched-off`, `${gateway}/portal/homeless`]) {
    await page.goto(address);
    const text = await readable(page);
    assert.match(text, /<h1>/);
    assert.doesNotMatch(text, TOKEN, address);
    const pass = await valueOf(context, "portal_landing");
    assert.ok(!text.includes(pass), `the pass can be read on ${address}`);
    if (address !== url) assert.doesNotMatch(text, TICKET, address);
  }
});

for (const slug of ["own-page", "hosted"]) {
  story(`in the portal, after its way in (${slug})`, async (t) => {
    const context = await visitor(t);
    const page = await context.newPage();
    await page.goto(`${backend}/${slug}`);
    await page.getByRole("link", { name: "Open the portal" }).click();
    await isInside(page);
    const api = (verb, method = "GET") => ({ address: `${gateway}/v2/portal.${verb}?slug=${slug}`, method });
    const asked = [api("getSession"), api("getSession", "POST"), api("authorize"), api("exchangeSession", "POST")];
    asked.push({ address: `${gateway}/portal/${slug}`, method: "GET" });
    const text = await readable(page, asked);
    assert.match(text, /"externalId":"jane"/, "it reads who is there");
    assert.doesNotMatch(text, TOKEN);
    assert.doesNotMatch(text, TICKET);
    assert.match(await valueOf(context, `portal_session_${slug}`), TOKEN);
    // A page of its own that went wrong says as little.
    await page.goto(`${gateway}/v2/portal.authorize?slug=${slug}&permission=keys:write`);
    await page.getByRole("heading", { name: "You have no access to this page" }).waitFor();
    const refused = await readable(page);
    assert.doesNotMatch(refused, TOKEN);
    assert.doesNotMatch(refused, TICKET);
  });
}
