// Every kind of page, light and dark, narrow and wide, judged by axe; in every language; and a picture of each.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";

import { isInside, picture, story, visitor } from "./browser.mjs";
import { NARROW, WIDE, breaksBetweenWords, fits, judge } from "./judge.mjs";
import { startBackend, startFront, startPortal } from "./places.mjs";
import { backend, createSession, forward, gateway, portal, signalRedis } from "./stage.mjs";

await startFront();
await startPortal();
const backendServer = await startBackend();

const has = (page, heading) => page.getByRole("heading", { level: 1, name: heading }).waitFor();

// Colours do not depend on the width, nor does the room on the colours.
async function judgeAll(page, name) {
  for (const [colorScheme, viewport] of [["light", WIDE], ["dark", NARROW]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await judge(page, `${name}, ${colorScheme}`);
    await fits(page);
    await breaksBetweenWords(page);
    await picture(page, `${name}-${colorScheme}`);
  }
}

const EMAIL = "jane.with.a.rather.long.name@accounting.example.com";

/** Each leads a fresh tab to one kind of page. */
const pages = {
  "landing": async (page) => {
    await page.goto((await createSession("hosted")).url);
    await has(page, "Continue to the portal");
  },
  "confirm": async (page) => {
    await page.goto((await createSession("asking", { email: EMAIL })).url);
    await has(page, `Continue as ${EMAIL}?`);
  },
  "replaces": async (page) => {
    backendServer.fields = { externalId: "john" };
    await page.goto(`${backend}/hosted`);
    await page.getByRole("link", { name: "Open the portal" }).click();
    await isInside(page, "john");
    await page.goto((await createSession("hosted", { email: EMAIL })).url);
    await page.getByText("You are signed in as john at the moment").waitFor();
  },
  "expired": async (page) => {
    await page.goto((await createSession("homeless")).url);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.waitForURL(`${portal}/homeless`);
    await forward(86_401);
    await page.goto(`${gateway}/portal/homeless`);
    await has(page, "Your session has ended");
  },
  "missing": async (page) => {
    await page.goto(`${gateway}/portal/homeless`);
    await has(page, "You are not signed in");
  },
  "missing-with-home": async (page) => {
    for (let times = 0; times < 4; times += 1) await page.goto(`${gateway}/portal/hosted`);
    await has(page, "You are not signed in");
    assert.equal(await page.getByRole("link", { name: "Sign in" }).count(), 1);
  },
  "link-used": async (page) => {
    await page.goto(`${gateway}/portal/homeless?session=pst_live_made_up`);
    await has(page, "This link has been used or has expired");
  },
  "switched-off": async (page) => {
    await page.goto(`${gateway}/portal/switched-off`);
    await has(page, "This portal is switched off");
  },
  "no-access": async (page) => {
    await page.goto((await createSession("asking")).url);
    await page.getByRole("button", { name: "Continue" }).click();
    await isInside(page);
    await page.goto(`${gateway}/v2/portal.authorize?slug=asking&permission=keys:write`);
    await has(page, "You have no access to this page");
  },
  "outage": async (page) => {
    await page.goto((await createSession("hosted")).url);
    await signalRedis("-STOP");
    await page.getByRole("button", { name: "Continue" }).click();
    await has(page, "The portal cannot be reached right now");
    await signalRedis("-CONT");
  },
  "not-found": async (page) => {
    await page.goto(`${gateway}/portal/nothing-here`);
    await has(page, "There is nothing at this address");
  },
  "error-reference": async (page) => {
    await page.goto(`${gateway}/errors/authentication/portal_session_not_found`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  },
};

for (const [name, lead] of Object.entries(pages)) {
  story(`the page ${name}`, async (t) => {
    const page = await (await visitor(t, { locale: "en" })).newPage();
    await lead(page);
    await judgeAll(page, name);
  });
}

// For developers, and large: judged once.
for (const path of ["/", "/errors/", "/docs", "/docs/reference", "/docs/guides/nextjs", "/docs/concepts"]) {
  story(`the page ${path}`, async (t) => {
    const page = await (await visitor(t, { colorScheme: "dark", viewport: NARROW })).newPage();
    await page.goto(`${gateway}${path}`);
    await judge(page, path);
    await fits(page);
    await breaksBetweenWords(page);
  });
}

story("a button puts a command into the clipboard", async (t) => {
  const page = await (await visitor(t, { permissions: ["clipboard-read", "clipboard-write"] })).newPage();
  await page.goto(`${gateway}/docs/operations`);
  const command = page.locator("pre", { has: page.locator(".language-console") }).first();
  await command.locator("xpath=preceding-sibling::button[1]").click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^vestibule /, "without the prompt, and without what it prints");
});

const files = readdirSync(new URL("../../src/http/gateway/languages", import.meta.url));
for (const language of files.map((file) => file.replace(".toml", ""))) {
  story(`the language ${language}`, async (t) => {
    const context = await visitor(t, { locale: language, viewport: NARROW });
    const page = await context.newPage();
    await page.goto((await createSession("asking", { email: EMAIL })).url);
    await page.locator(`html[lang|=${language}] h1`, { hasText: EMAIL }).waitFor();
    await fits(page);
    if (language === "ja") await judge(page, language);
    await picture(page, `language-${language}-confirm`);
    await page.goto(`${gateway}/portal/switched-off`);
    await page.locator(`html[lang|=${language}] h1`).waitFor();
    await fits(page);
    await picture(page, `language-${language}-switched-off`);
  });
}
