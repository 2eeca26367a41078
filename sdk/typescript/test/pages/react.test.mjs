// The components for React in a real Chromium, rendered by a server first, with both versions of React and under StrictMode. A
// mismatch, or any other complaint of React's, fails the test.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";

import { build } from "esbuild";

import { fakeSession } from "@vestibule/sdk/testing";

import { LIMIT_MS, startApplication, startChromium, visitor } from "../support/chromium.mjs";

const VERSIONS = {
  "React 18": { react: "react-18", "react-dom": "react-dom-18" },
  "React 19": {},
};

let chromium;
let folder;

before(async () => {
  chromium = await startChromium();
  folder = await mkdtemp(join(tmpdir(), "react-"));
});
after(async () => {
  await chromium.browser.close();
  await rm(folder, { recursive: true });
});

/** With the React of this version, as it is while one develops: then it complains. */
async function bundle(file, alias, options) {
  const define = { "process.env.NODE_ENV": '"development"' };
  const given = { entryPoints: [`test/react/${file}.jsx`], bundle: true, write: false, jsx: "automatic", define, alias };
  return (await build({ ...given, ...options })).outputFiles[0].text;
}

for (const [version, alias] of Object.entries(VERSIONS)) {
  describe(version, { concurrency: true, timeout: 4 * LIMIT_MS }, () => {
    let script;
    let render;

    before(async () => {
      script = await bundle("page", alias, { format: "iife" });
      const file = join(folder, `${version.replace(" ", "")}.cjs`);
      await writeFile(file, await bundle("server", alias, { format: "cjs", platform: "node" }));
      ({ render } = (await import(pathToFileURL(file))).default);
    });

    /** `open(props)` renders the application on a server and opens it. */
    async function scene(context, kind) {
      const application = await startApplication({ ...chromium.files, "/app.js": script });
      context.after(() => application.stop());
      const visit = await visitor(context, chromium.browser);
      const page = await visit.newPage();
      const open = async (props, address = `${application.url}/portal`) => {
        const given = `<script>window.given = ${JSON.stringify({ kind, props })}</script>`;
        const html = render({ kind, props });
        application.files["/portal"] = `<div id="root">${html}</div>${given}<script src="/app.js"></script>`;
        await page.goto(address);
        return html;
      };
      const mint = (fields) => application.vestibule.sessions.create({ externalId: "jane", permissions: ["keys:read"], ...fields });
      return { application, page, open, mint };
    }

    const shows = (page, id, text) => page.locator(`#${id}`, { hasText: text }).waitFor();
    const portal = { url: "/", slug: "my-portal" };

    it("is what it says", () => assert.ok(script.includes(`"${version.split(" ")[1]}.`)));

    it("a link signs in once, however often components mount", async (context) => {
      const { application, page, open, mint } = await scene(context, "portal");
      const { url } = await mint({ path: "/keys" });
      const html = await open(portal, url);
      assert.ok(!/id="(in|out)"/.test(html), "a server knows nothing");
      await shows(page, "who", "jane");
      await shows(page, "in", "In");
      await shows(page, "path", "/keys");
      await shows(page, "got", /^ey/);
      assert.equal(application.seen.filter((verb) => verb === "exchangeSession").length, 1);
      assert.deepEqual([...new Set(await page.evaluate(() => seen))], [""], "the ID was gone before any effect");
    });

    it("whom the server knows is shown at once, until they log out", async (context) => {
      const { application, page, open } = await scene(context, "portal");
      const { session, cookie } = await application.gateway.signIn({ externalId: "jane", permissions: ["keys:read"] });
      const [name, value] = cookie.split("=");
      await page.context().addCookies([{ name, value, url: application.url }]);
      const html = await open({ ...portal, session });
      assert.ok(html.includes("jane") && html.includes('id="in"'), html);
      await shows(page, "got", /^ey/);
      assert.deepEqual([...new Set(application.seen)], ["getToken"]);
      await page.click("#end");
      await shows(page, "out", "Out");
      assert.deepEqual(await page.evaluate(() => [document.querySelector("#in"), told]), [null, []]);
    });

    it("without a session it is told once", async (context) => {
      const { application, page, open } = await scene(context, "portal");
      await open(portal);
      await shows(page, "out", "Out");
      await shows(page, "got", "NotSignedInError");
      assert.deepEqual(await page.evaluate(() => told), [{ redirectUrl: `${application.url}/home?reason=session_missing` }]);
    });

    it("the last minute is announced", async (context) => {
      const { application, page, open, mint } = await scene(context, "portal");
      application.rewrite = (verb, data) => (verb === "exchangeSession" ? { ...data, session: { ...data.session, expiresIn: 61 } } : data);
      await open(portal, (await mint()).url);
      await shows(page, "left", "60");
      await shows(page, "left", "58");
    });

    it("a token is fetched, and calls are made with it", async (context) => {
      const { application, page, open } = await scene(context, "token");
      await open({ sessionTokenUrl: "/token" });
      await shows(page, "in", "In");
      await shows(page, "got", /^pt_test_/);
      await shows(page, "token", /^pt_test_/);
      await page.click("#fetch");
      await shows(page, "got", /^Bearer pt_test_/);
      assert.equal(application.mints, 1);
    });

    it("a token alone is the page's own, until it gives another", async (context) => {
      const { page, open } = await scene(context, "token");
      const html = await open({ token: "pt_test_first" });
      assert.ok(html.includes("pt_test_first") && html.includes('id="in"'), html);
      await shows(page, "got", "pt_test_first");
      await page.click("#other");
      await shows(page, "token", "pt_test_other");
    });

    it("a client of the application's own shows first what the server showed", async (context) => {
      const { application, page, open, mint } = await scene(context, "portal");
      assert.ok(!/id="(in|out)"/.test(await open({ ...portal, own: true }, (await mint()).url)));
      await shows(page, "who", "jane");
      const { session } = await application.gateway.signIn({ externalId: "jane" });
      assert.ok((await open({ ...portal, session, own: true })).includes("jane"));
      await shows(page, "in", "In");
    });

    it("a token of the application's own client is shown after what the server showed", async (context) => {
      const { page, open } = await scene(context, "token");
      assert.ok(!/id="in"/.test(await open({ sessionTokenUrl: "/token", own: true })));
      await shows(page, "token", /^pt_test_/);
      assert.ok(/id="in"/.test(await open({ token: "pt_test_first", own: true })));
      await shows(page, "got", "pt_test_first");
    });

    it("a unit test renders with a session of its own", () => {
      const html = render({ kind: "portal", props: { client: fakeSession({ externalId: "jo" }) } });
      assert.ok(html.includes("jo") && html.includes('id="in"'), html);
    });
  });
}
