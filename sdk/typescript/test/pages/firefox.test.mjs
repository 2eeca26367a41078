// The same in Firefox, where Debian's is. Nothing steers it: its pages open each other, and report what they see.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { bundled, startApplication } from "../support/chromium.mjs";

const FIREFOX = "/usr/bin/firefox-esr";
const LIMIT_MS = 90_000;
const LIFE = 12;

const PREFERENCES = {
  "dom.disable_open_during_load": false,
  "dom.popup_maximum": 20,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
};

const REPORT = `const report = (what) => fetch("/report", { method: "POST", body: JSON.stringify(what) });`;
/** Opens the others, a link into the portal among them, and is one of them. */
const tabOf = (link) => `<script src="/sdk.js"></script><script>${REPORT}
  const tab = Number(location.hash.slice(1));
  if (tab === 1) ["/tab#2", "/tab#3", "${link}"].forEach((address) => window.open(address));
  const client = sdk.createTokenClient({ sessionTokenUrl: "/token" });
  client.subscribe(() => report({ tab, token: client.token, status: client.status }));
</script>`;
const PORTAL = `<script src="/sdk.js"></script><script>${REPORT}
  const portal = sdk.createPortalClient({ url: "/", slug: "my-portal", onExpired: () => report({ status: portal.status }) });
  const address = location.href;
  portal.getSession().then(({ id }) => report({ id, address }));
</script>`;

/** Shows an address until the test is over. */
async function show(context, address) {
  const profile = await mkdtemp(join(tmpdir(), "firefox-"));
  const lines = Object.entries(PREFERENCES).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  await writeFile(join(profile, "user.js"), lines.join(""));
  const firefox = spawn(FIREFOX, ["--headless", "--no-remote", "--profile", profile, address], { stdio: "ignore", detached: true });
  context.after(async () => {
    const ended = once(firefox, "exit");
    process.kill(-firefox.pid, "SIGKILL");
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
}

async function until(isSo) {
  while (!isSo()) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const skip = existsSync(FIREFOX) ? false : `there is no ${FIREFOX}`;

test("in Firefox three tabs renew once, a 401 signs out in each once, and a link signs in", { timeout: LIMIT_MS, skip }, async (context) => {
  const application = await startApplication({ "/sdk.js": await bundled(), "/portal": PORTAL });
  context.after(() => application.stop());
  application.token = (_, number) => ({ token: `pt_test_${number}`, expiresIn: LIFE, externalId: "jane" });
  const { url, id } = await application.vestibule.sessions.create({ externalId: "jane", permissions: ["keys:read"] });
  application.files["/tab"] = tabOf(`${url}&theme=dark`);
  await show(context, `${application.url}/tab#1`);

  const { reports, mintedAtMs } = application;
  const all = (isSo) => [1, 2, 3].every((tab) => reports.some((report) => report.tab === tab && isSo(report)));
  await until(() => all(({ token }) => token !== undefined));
  const next = `pt_test_${mintedAtMs.length + 1}`;
  await until(() => all(({ token }) => token === next));
  // At first they have opened at times of their own.
  const [before, last] = mintedAtMs.slice(-2);
  assert.ok(last - before > (LIFE / 4) * 1_000, `${mintedAtMs}`);

  application.token = () => ({ status: 401 });
  await until(() => all(({ status }) => status === "signed_out"));
  const told = reports.filter(({ status }) => status === "signed_out").map(({ tab }) => tab);
  assert.deepEqual(told.sort(), [1, 2, 3]);
  await until(() => reports.some((report) => report.id));
  const arrived = reports.filter((report) => report.tab === undefined);
  assert.deepEqual(arrived, [{ id, address: `${application.url}/portal?theme=dark` }]);
});
