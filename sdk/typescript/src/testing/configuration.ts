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
  /** By which it is known to be this gateway: nobody else has this root key. */
  readonly mark: string;
  readonly portals: readonly TestPortal[];
  /** More of the same, in TOML. */
  readonly more: string;
}

export async function configuration({ port, publicUrl, rootKey, mark, portals, more }: Settings): Promise<string> {
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

${await rootKeyTable("tests", rootKey)}
${await rootKeyTable("mark", mark)}
${portals.map(portalTable).join("")}
${more}`;
}

async function rootKeyTable(id: string, key: string): Promise<string> {
  const [, environment = ""] = key.split("_");
  const keys = { id, sha256: await sha256(key), environment };
  return `[[workspaces.root_keys]]\n${lines(keys)}`;
}

function portalTable({ slug = DEFAULT_SLUG, url = "http://localhost:3000/", returnUrl = "http://localhost:3001/", ...rest }: TestPortal): string {
  const { publicUrl, landing, direct = true } = rest;
  const keys = { slug, url, return_url: returnUrl, public_url: publicUrl, landing, direct };
  return `\n[[workspaces.portals]]\n${lines(keys)}`;
}

const lines = (keys: Record<string, string | boolean | undefined>): string =>
  Object.entries(keys).map(([key, value]) => (value === undefined ? "" : `${key} = ${text(value)}\n`)).join("");

/** TOML writes these as JSON does. */
const text = (value: string | boolean) => JSON.stringify(value);

async function sha256(secret: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
