// The configuration of a gateway for tests: a workspace, a root key, portals, and nothing that lasts.

/** What is left out is as the gateway's own default is, or as below. */
export interface TestPortal {
  /** Default `my-portal`. */
  readonly slug?: string | undefined;
  /** Where the portal's pages are; default `http://localhost:3000/`. */
  readonly url?: string | undefined;
  /** Where users without a session go; default `http://localhost:3001/`. */
  readonly returnUrl?: string | undefined;
  /** Where browsers reach the gateway for this portal, if that is elsewhere. */
  readonly publicUrl?: string | undefined;
  readonly landing?: "portal" | "hosted" | undefined;
  /** Whether it has direct sessions, too; default true. */
  readonly direct?: boolean | undefined;
}

export const DEFAULT_SLUG = "my-portal";

export interface Settings {
  readonly port: number;
  readonly publicUrl: string;
  readonly rootKey: string;
  readonly portals: readonly TestPortal[];
  /** More of the same, in TOML. */
  readonly more: string;
}

export async function configuration({ port, publicUrl, rootKey, portals, more }: Settings): Promise<string> {
  const [, environment] = rootKey.split("_");
  return `
store.url = "memory:"
log.level = "warn"

[server]
listen = "127.0.0.1:${port}"
public_url = ${text(publicUrl)}
workers = 1
drain_seconds = 0

[[workspaces]]
id = "tests"

[[workspaces.root_keys]]
id = "tests"
sha256 = "${await sha256(rootKey)}"
environment = ${text(environment ?? "")}
${portals.map(portalTable).join("")}
${more}`;
}

function portalTable({ slug = DEFAULT_SLUG, url = "http://localhost:3000/", returnUrl = "http://localhost:3001/", ...rest }: TestPortal): string {
  const { publicUrl, landing, direct = true } = rest;
  const keys = { slug, url, return_url: returnUrl, public_url: publicUrl, landing, direct };
  const lines = Object.entries(keys).flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${text(value)}\n`]));
  return `\n[[workspaces.portals]]\n${lines.join("")}`;
}

/** TOML writes these as JSON does. */
const text = (value: string | boolean) => JSON.stringify(value);

async function sha256(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
