// A gateway of its own for an application's tests: the real binary, on its embedded store, at a free port. No wait is without a limit.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { environment } from "../environment.js";
import type { CreateSession, PortalSession } from "../types.js";
import { Vestibule } from "../vestibule.js";
import { configuration, DEFAULT_SLUG, type TestPortal } from "./configuration.js";
import { Gateway, GatewayEnded } from "./gateway.js";

const TRIES = 3;

export interface StartOptions {
  /** The gateway's program; default: the variable VESTIBULE_BINARY, then `vestibule` in the PATH. */
  readonly binary?: string | undefined;
  /** Default: one, at http://localhost:3000/. The first one is what `vestibule` works for. */
  readonly portals?: readonly TestPortal[] | undefined;
  /** Default: one made for this gateway. */
  readonly rootKey?: string | undefined;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** Where browsers reach it; default: its own address. */
  readonly publicUrl?: string | undefined;
  /** More of its configuration, in TOML. */
  readonly configuration?: string | undefined;
  /** How long it may take until it answers; default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** A browser's part of a session. */
export interface SignedIn {
  readonly session: PortalSession;
  readonly token: string;
  /** For the header `Cookie` of a request. */
  readonly cookie: string;
}

export interface RunningVestibule {
  readonly url: string;
  readonly rootKey: string;
  /** The first portal's slug. */
  readonly slug: string;
  /** For this gateway, its root key and its first portal, with all permissions. */
  readonly vestibule: Vestibule;
  /** A session that has begun; default: of `user_123`. */
  signIn(fields?: Partial<CreateSession>): Promise<SignedIn>;
  /** Ends it and all its sessions. It ends with this process, too. */
  stop(): Promise<void>;
}

export async function startVestibule(options: StartOptions = {}): Promise<RunningVestibule> {
  const { binary = environment()["VESTIBULE_BINARY"] ?? "vestibule", timeoutMs = 10_000 } = options;
  const { portals = [{}], rootKey = newRootKey(), configuration: more = "" } = options;
  const directory = await mkdtemp(join(tmpdir(), "vestibule-"));
  const file = join(directory, "gateway.toml");
  const removeFiles = () => rm(directory, { recursive: true, force: true });
  for (let tries = 1; ; tries += 1) {
    const port = options.port ?? (await freePort());
    const url = `http://localhost:${port}`;
    const mark = newRootKey();
    await writeFile(file, await configuration({ port, publicUrl: options.publicUrl ?? url, rootKey, mark, portals, more }));
    const gateway = new Gateway(binary, file);
    try {
      await gateway.answers((signal) => knows(mark, `http://127.0.0.1:${port}`, signal), timeoutMs);
      return running(url, rootKey, portals[0]?.slug ?? DEFAULT_SLUG, () => gateway.stop().then(removeFiles));
    } catch (error) {
      await gateway.stop();
      // Somebody else may have taken the port meanwhile.
      const mayHelp = error instanceof GatewayEnded && error.portWasTaken && options.port === undefined && tries < TRIES;
      if (!mayHelp) {
        await removeFiles();
        throw error;
      }
    }
  }
}

function running(url: string, rootKey: string, slug: string, stop: () => Promise<void>): RunningVestibule {
  const vestibule = new Vestibule({ url, rootKey, portal: slug, permissions: ["*"] });
  const signIn = async (fields: Partial<CreateSession> = {}) => {
    const { sessionId } = await vestibule.sessions.create({ externalId: "user_123", ...fields });
    const { session, token } = await vestibule.exchange(sessionId);
    return { session, token: token!, cookie: `portal_session_${session.slug}=${token}` };
  };
  return { url, rootKey, slug, vestibule, signIn, stop };
}

/** Whether it is ready, and the one with this mark: any other gateway answers 401 before it looks at the request. */
async function knows(mark: string, url: string, signal: AbortSignal): Promise<boolean> {
  const headers = { authorization: `Bearer ${mark}`, "content-type": "application/json" };
  const answer = await fetch(`${url}/v2/portal.listSessions`, { method: "POST", headers, body: "{}", signal });
  const { meta } = (await answer.json()) as { meta?: { requestId?: string } };
  return answer.status === 400 && meta?.requestId !== undefined && (await fetch(`${url}/health/ready`, { signal })).ok;
}

function newRootKey(): string {
  const random = crypto.getRandomValues(new Uint8Array(24));
  return `rk_test_${Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
