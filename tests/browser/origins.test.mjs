// What a page of somebody else can do to a person who is signed in: nothing. On another site, and on another
// origin of the same site, from where cookies come along.

import assert from "node:assert/strict";

import { isInside, story, visitor } from "./browser.mjs";
import { startBackend, startForeign, startFront, startPortal, until } from "./places.mjs";
import { backend, createSession, foreignSite, gateway, neighbour, statesOf } from "./stage.mjs";

const front = await startFront();
await startPortal();
const backendServer = await startBackend();
const foreign = await startForeign();

/** A person with a session in both portals, on a page of somebody else. */
async function victim(t, user, place) {
  const context = await visitor(t);
  const page = await context.newPage();
  backendServer.fields = { externalId: user };
  for (const slug of ["own-page", "hosted"]) {
    await page.goto(`${backend}/${slug}`);
    await page.getByRole("link", { name: "Open the portal" }).click();
    await isInside(page, user);
  }
  foreign.body = "<h1>Elsewhere</h1>";
  await page.goto(place);
  return page;
}

/** How script fares that calls the gateway: "unreadable", or what it read. */
function steal(page, verb, options) {
  return page.evaluate(
    async ([url, init]) => {
      const response = await fetch(url, { credentials: "include", ...init }).catch(() => null);
      return response === null ? "unreadable" : await response.text();
    },
    [`${gateway}/v2/portal.${verb}`, options],
  );
}

/** Sends a form, as script of the page would, and waits for what it leads to. */
async function submit(page, action, fields, enctype = "application/x-www-form-urlencoded") {
  await page.evaluate(
    ([address, values, type]) => {
      const form = Object.assign(document.createElement("form"), { method: "post", action: address, enctype: type });
      for (const [name, value] of Object.entries(values)) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
      document.body.append(form);
      form.submit();
    },
    [action, fields, enctype],
  );
  await until(() => page.url().startsWith(gateway));
  await page.waitForLoadState();
}

for (const [where, place] of [["another site", foreignSite], ["another origin of the same site", neighbour]]) {
  story(`a page of ${where} reads, spends and ends nothing`, async (t) => {
    const user = `victim of ${where}`;
    const page = await victim(t, user, place);
    for (const slug of ["own-page", "hosted"]) {
      assert.equal(await steal(page, `getSession?slug=${slug}`, {}), "unreadable");
      assert.equal(await steal(page, `endSession?slug=${slug}`, { method: "POST" }), "unreadable");
      assert.equal(await steal(page, `endSession?slug=${slug}`, { method: "POST", mode: "no-cors" }), "unreadable");
    }
    const ticket = await createSession("own-page", { externalId: `other ${user}` });
    const body = JSON.stringify({ sessionId: ticket.sessionId });
    const headers = { "content-type": "application/json" };
    assert.equal(await steal(page, "exchangeSession", { method: "POST", body, headers }), "unreadable");
    assert.equal(await steal(page, "exchangeSession", { method: "POST", body, mode: "no-cors" }), "unreadable");
    // A form can be sent anywhere; this one looks like JSON.
    const [name, value] = body.replace("}", ',"x":"|"}').split("|");
    await submit(page, `${gateway}/v2/portal.exchangeSession`, { [name]: value }, "text/plain");
    await page.goto(place);
    await submit(page, `${gateway}/v2/portal.endSession?slug=hosted`, {});
    assert.deepEqual(await statesOf("own-page", `other ${user}`), ["pending"]);
    for (const slug of ["own-page", "hosted"]) assert.deepEqual(await statesOf(slug, user), ["active"], slug);
  });

  story(`a page of ${where} signs nobody in as somebody else`, async (t) => {
    const user = `signed in from ${where}`;
    const page = await victim(t, user, place);
    const context = page.context();
    const before = await context.cookies();
    const attacker = `attacker of ${where}`;
    const ticket = await createSession("hosted", { externalId: attacker });
    const shown = await fetch(ticket.url.replace("localhost", "127.0.0.1"));
    const nonce = (await shown.text()).match(/name="nonce" value="([^"]+)"/)[1];
    const fields = { session: ticket.sessionId, nonce };
    // Its answer is shown without the session's cookie where another site sent the form, and the button's with it.
    await submit(page, `${gateway}/portal/hosted`, fields);
    assert.equal(front.seen.findLast(({ method }) => method === "POST").status, 403);
    // Not a dead end, but a question that the person sees.
    const warning = page.getByText(`You are signed in as ${user} at the moment`);
    if (place === foreignSite) await page.getByRole("button", { name: "Continue" }).click();
    await warning.waitFor();
    assert.deepEqual(await statesOf("hosted", attacker), ["pending"]);
    assert.deepEqual(await statesOf("hosted", user), ["active"]);
    const sessionOf = (cookies) => cookies.find(({ name }) => name === "portal_session_hosted").value;
    assert.equal(sessionOf(await context.cookies()), sessionOf(before));
    // With a nonce of the victim's own browser it would be no better: the browser tells where the form is.
    const stolen = await page.locator("input[name=nonce]").inputValue();
    await page.goto(place);
    await submit(page, `${gateway}/portal/hosted`, { ...fields, nonce: stolen });
    assert.equal(front.seen.findLast(({ method }) => method === "POST").status, 403);
    assert.deepEqual(await statesOf("hosted", attacker), ["pending"]);
  });
}

story("a script that leads to the page does not go on by itself either", async (t) => {
  const page = await victim(t, "led there", foreignSite);
  const ticket = await createSession("hosted", { externalId: "led there" });
  foreign.body = `<script>location.assign("${ticket.url}")</script>`;
  await page.goto(foreignSite);
  await page.getByRole("button", { name: "Continue" }).waitFor();
  await page.waitForLoadState("networkidle");
  assert.deepEqual(await statesOf("hosted", "led there"), ["active", "pending"]);
});
