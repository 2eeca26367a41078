// Where Chromium is, and how it starts. The tests of the TypeScript SDK start it, too.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

export { chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/usr/bin/chromium-browser",
  "/opt/homebrew/bin/chromium",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
export const executablePath = PLACES.find((place) => existsSync(place));
assert.ok(executablePath, "there is no Chromium: run tests/run, which installs it");

// No sandbox: CI is root in a container. The rest keeps Chromium from the network that it does not need.
const QUIET = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
export const launchOptions = {
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", ...QUIET],
};
