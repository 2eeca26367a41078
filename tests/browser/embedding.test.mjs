// A portal in a frame of another site, in a Chromium that blocks third-party cookies: with a partitioned cookie it
// has its session there, and there only. docs/embedding.md tells how.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { chromium } from "playwright-core";

import { story, watch } from "./browser.mjs";
import { launchOptions } from "./chromium.mjs";
import { startForeign, startPages, until } from "./places.mjs";
import { createSession, ports } from "./stage.mjs";

const PORTAL = `https://portal.example:${ports.https}`;
const SHOP = `https://shop.example:${ports.https}`;

// The way in is the page that the document shows.
const document = readFileSync(new URL("../../docs/embedding.md", import.meta.url), "utf8");
const [, page] = document.match(/```html\n(<!-- https:\/\/portal[^]*?)\n```/);
assert.ok(page.includes("slug=my-portal"));
await startPages(ports.portal, (url) => {
  const [, slug] = url.match(/^\/enter\/([a-z-]+)/) ?? [];
  return slug ? page.replace("slug=my-portal", `slug=${slug}`) : "<h1>The portal</h1>";
});
const shop = await startForeign();
const folder = mkdtempSync(join(tmpdir(), "embedding-"));
const caddy = await startCaddy();
after(async () => {
  caddy.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** The portal's own host, with the gateway on it; and the shop, which is another site. */
async function startCaddy() {
  writeFileSync(
    join(folder, "Caddyfile"),
    `{
	admin off
	auto_https disable_redirects
	skip_install_trust
	default_bind 127.0.0.1
}
portal.example:${ports.https} {
	tls internal
	handle /v2/* {
		reverse_proxy 127.0.0.1:${ports.gateway}
	}
	handle {
		reverse_proxy 127.0.0.1:${ports.portal}
	}
}
shop.example:${ports.https} {
	tls internal
	reverse_proxy 127.0.0.1:${ports.foreign}
}
`,
  );
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn("caddy", ["run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  const ended = once(child, "exit").then(() => assert.fail(`Caddy has ended: ${log}`));
  ended.catch(() => {});
  await Promise.race([until(() => log.includes("serving initial configuration")), ended]);
  return child;
}

/** A profile with Chromium's setting "Block third-party cookies". */
async function strictBrowser(t) {
  const profile = mkdtempSync(join(folder, "profile-"));
  mkdirSync(join(profile, "Default"));
  const preferences = { profile: { block_third_party_cookies: true, cookie_controls_mode: 1 } };
  writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(profile, {
    ...launchOptions,
    args: [...launchOptions.args, "--host-resolver-rules=MAP *.example 127.0.0.1"],
    ignoreHTTPSErrors: true,
  });
  watch(t, context);
  return context;
}

/** The shop's page, with the portal in its frame. */
async function embed(context, slug) {
  const { url } = await createSession(slug);
  shop.body = `<h1>The shop</h1><iframe title="Portal" src="${url}"></iframe>`;
  const shopPage = await context.newPage();
  await shopPage.goto(SHOP);
  return shopPage.frameLocator("iframe");
}

/** Who is there, as the gateway answers a page of this frame or tab. */
function askIn(frame, slug) {
  const ask = (_, address) => fetch(address).then((response) => response.status);
  return frame.locator("body").evaluate(ask, `/v2/portal.getSession?slug=${slug}`);
}

story("a partitioned cookie carries the session in the frame, and nowhere else", async (t) => {
  const context = await strictBrowser(t);
  const frame = await embed(context, "my-portal");
  await frame.getByRole("heading", { name: "The portal" }).waitFor();
  assert.equal(await askIn(frame, "my-portal"), 200);
  const session = (await context.cookies()).find(({ name }) => name === "__Host-portal_session_my-portal");
  assert.deepEqual([session.sameSite, session.secure, session.httpOnly], ["None", true, true]);
  assert.ok(session.partitionKey, "in the shop's jar");

  // Outside of the shop it does not exist.
  const alone = await context.newPage();
  await alone.goto(PORTAL);
  assert.equal(await askIn(alone, "my-portal"), 401);
});

story("one that is not partitioned is blocked there, and the page offers a window", async (t) => {
  const context = await strictBrowser(t);
  const frame = await embed(context, "unpartitioned");
  await frame.getByRole("link", { name: "Open billing in a window" }).waitFor();
  assert.equal(await askIn(frame, "unpartitioned"), 401);
});
