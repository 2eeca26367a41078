// The providers of UnitPay and BillingOS, under the names that they have here, in a real Chromium: a token that the page was
// given, one that it fetched by hand, and one that the provider fetches.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { build } from "esbuild";

import { LIMIT_MS, startApplication, startChromium, visitor } from "../support/chromium.mjs";

let chromium;
let script;

before(async () => {
  chromium = await startChromium();
  const define = { "process.env.NODE_ENV": '"development"' };
  const options = { bundle: true, write: false, jsx: "automatic", format: "iife", define };
  script = (await build({ entryPoints: ["test/seeds/page.jsx"], ...options })).outputFiles[0].text;
});
after(() => chromium.browser.close());

/** `open(given)` opens the page of this kind; `token` is what the application's route answers. */
async function scene(context, token) {
  const application = await startApplication({ ...chromium.files, "/app.js": script });
  context.after(() => application.stop());
  Object.assign(application, { token });
  const visit = await visitor(context, chromium.browser);
  const page = await visit.newPage();
  const open = async (given) => {
    const html = `<div id="root"></div><script>window.given = ${JSON.stringify(given)}</script><script src="/app.js"></script>`;
    application.files["/billing"] = html;
    await page.goto(`${application.url}/billing`);
  };
  return { application, page, open };
}

const shows = (page, id, text) => page.locator(`#${id}`, { hasText: text }).waitFor();

describe("providers", { concurrency: true, timeout: 4 * LIMIT_MS }, () => {
  it("UnitPay's: a route mints a JWT, the page hands it to the provider, and what is inside knows the customer", async (context) => {
    const mint = async ({ vestibule }) => {
      const opened = await vestibule.sessionTokens.create({ externalId: "customer-7", ttlSeconds: 3600, format: "jwt" });
      return { token: opened.token };
    };
    const { page, open } = await scene(context, mint);
    await open({ kind: "byHand" });
    await shows(page, "owner", "customer-7");
  });

  it("BillingOS's automatic one: it calls the route when it mounts, and 401 is a sign-out", async (context) => {
    const mint = async ({ vestibule }) => {
      const { token, expiresAt } = await vestibule.sessionTokens.create({ externalId: "jo", ttlSeconds: 3600 });
      return { token, expiresAt };
    };
    const { application, page, open } = await scene(context, mint);
    await open({ kind: "automatic" });
    await shows(page, "owner", "jo");
    assert.equal(application.mints, 1, "mounted twice, asked once");
    application.token = () => ({ status: 401 });
    await page.reload();
    await shows(page, "out", "Out");
  });

  it("BillingOS's manual one: it uses the token that it is given, and asks nobody", async (context) => {
    const { application, page, open } = await scene(context);
    const { token } = await application.vestibule.sessionTokens.create({ externalId: "jane" });
    await open({ kind: "manual", token });
    await shows(page, "owner", "jane");
    assert.equal(application.mints, 0);
  });
});
