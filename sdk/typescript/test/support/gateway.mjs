// The real gateway on its embedded store, a process for each test file.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { binary } from "../../scripts/binary.mjs";

export const ROOT_KEY = "rk_live_acme000000000000000000000000000000live";
export const NARROW_KEY = "rk_live_acme00000000000000000000000000limited";
export const ISSUER = "http://localhost:8080";

const digest = (key) => createHash("sha256").update(key).digest("hex");

const configuration = (port, limits) => `
store.url = "memory:"
log.level = "warn,vestibule=info,vestibule::request=off,audit=off"

[server]
listen = "127.0.0.1:${port}"
public_url = "${ISSUER}"
workers = 1

[limits]
exchange_per_minute = 1000000
create_per_minute = ${limits.createPerMinute ?? 1000000}

[[workspaces]]
id = "acme"

[[workspaces.root_keys]]
id = "acme-live"
sha256 = "${digest(ROOT_KEY)}"
environment = "live"

[[workspaces.root_keys]]
id = "acme-narrow"
sha256 = "${digest(NARROW_KEY)}"
environment = "live"
permissions = ["keys:read"]

[[workspaces.portals]]
slug = "my-portal"
url = "http://localhost:3002/"
return_url = "http://localhost:3001/billing"

[[workspaces.portals]]
slug = "embedded"
url = "http://localhost:3003/"
return_url = "http://localhost:3001/billing"
direct = true
`;

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** `{ url, stop }`, once it listens. `more` goes to the end of the configuration. */
export async function startGateway({ limits = {}, more = "" } = {}) {
  const directory = await mkdtemp(join(tmpdir(), "vestibule-sdk-"));
  const file = join(directory, "gateway.toml");
  const port = await freePort();
  await writeFile(file, configuration(port, limits) + more);
  const child = spawn(binary, ["serve", "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  await until(child, "listening");
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
      await rm(directory, { recursive: true });
    },
  };
}

function until(child, message) {
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`the gateway ended before it said "${message}"`));
    const read = (line) => {
      if (JSON.parse(line).message === message) {
        child.off("exit", ended);
        resolve();
      }
    };
    lines.on("line", read);
    child.once("exit", ended);
  });
}
