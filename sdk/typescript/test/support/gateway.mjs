// The real gateway on its embedded store, a process for each test file.

import { createHash } from "node:crypto";

import { startVestibule } from "@vestibule/sdk/testing";

import { binary } from "../../scripts/binary.mjs";

export const ROOT_KEY = "rk_live_acme000000000000000000000000000000live";
export const NARROW_KEY = "rk_live_acme00000000000000000000000000limited";
export const ISSUER = "http://localhost:8080";

const returnUrl = "http://localhost:3001/billing";
const portals = [
  { slug: "my-portal", url: "http://localhost:3002/", returnUrl, direct: false },
  { slug: "embedded", url: "http://localhost:3003/", returnUrl },
];

const rootKey = (id, key, more) => `
[[workspaces.root_keys]]
id = "${id}"
sha256 = "${createHash("sha256").update(key).digest("hex")}"
environment = "live"
${more}
`;
const narrowKey = rootKey("acme-narrow", NARROW_KEY, 'permissions = ["keys:read"]');

/** For `more`. */
export const keyWithRights = (key, rights) => rootKey("acme-some-rights", key, `rights = ${JSON.stringify(rights)}`);

/** `{ url, stop }`, once it listens. `more` goes to the end of the configuration. */
export async function startGateway({ limits = {}, more = "" } = {}) {
  const bounds = `[limits]\nexchange_per_minute = 1000000\ncreate_per_minute = ${limits.createPerMinute ?? 1000000}\n`;
  const configuration = narrowKey + bounds + more;
  const { url, stop } = await startVestibule({ binary, portals, rootKey: ROOT_KEY, publicUrl: ISSUER, configuration });
  // Node looks up `localhost` at each connection.
  return { url: url.replace("localhost", "127.0.0.1"), stop };
}
