// Chromium, and people in front of it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { chromium, executablePath, launchOptions } from "./chromium.mjs";
import { closePlaces } from "./places.mjs";
import { hangUp } from "./stage.mjs";

const LIMIT_MS = 15_000;
let browser;

after(async () => {
  await browser?.close();
  closePlaces();
  hangUp();
});

/** A context of its own, which no violation of a policy and no error of a script may have happened in. */
export async function visitor(t, { tolerates, ...options } = {}) {
  browser ??= await chromium.launch(launchOptions);
  const context = await browser.newContext(options);
  watch(t, context, tolerates);
  return context;
}

export function watch(t, context, tolerates) {
  context.setDefaultTimeout(LIMIT_MS);
  const faults = [];
  context.on("console", (message) => {
    const text = message.text();
    if (/content security policy|violates/i.test(text) && !tolerates?.test(text)) faults.push(text);
  });
  context.on("weberror", (error) => faults.push(error.error().stack));
  t.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
}

/** Shows an address in a Chromium of its own that no test steers, until `wait` is done. */
export async function leftAlone(address, wait) {
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  // Without the port it would load the page and end at once.
  const args = [...launchOptions.args, `--user-data-dir=${profile}`, "--remote-debugging-port=0", address];
  const alone = spawn(executablePath, args, { stdio: "ignore", detached: true });
  try {
    await wait();
  } finally {
    const ended = once(alone, "exit");
    process.kill(-alone.pid, "SIGKILL");
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A test with a limit. If it fails, it tells what its visitors see. */
export function story(name, play) {
  test(name, { timeout: 3 * LIMIT_MS }, async (t) => {
    try {
      await play(t);
    } catch (error) {
      for (const page of browser?.contexts().flatMap((context) => context.pages()) ?? []) {
        t.diagnostic(`${page.url()}: ${(await page.innerText("body", { timeout: 1_000 }).catch(String)).slice(0, 2_000)}`);
      }
      throw error;
    }
  });
}

/** Every address that the tab remembers, the back button's and the forward button's. */
export async function addresses(page) {
  const devtools = await page.context().newCDPSession(page);
  const { entries } = await devtools.send("Page.getNavigationHistory");
  await devtools.detach();
  return entries.map((entry) => entry.url);
}

/** Waits until the portal's page shows who is there. */
export async function isInside(page, who = "jane") {
  await page.locator("#who", { hasText: who }).waitFor();
}

/** For the eyes of whoever looks at the artifacts. */
export async function picture(page, name) {
  mkdirSync(process.env.PICTURES, { recursive: true });
  await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`), fullPage: true });
}
