// What a page makes a portal client from, and what it gets.

import type { EndedSession, PortalSession } from "../types.js";
import type { ClientStatus, InitialState } from "./client.js";

export interface PortalClientOptions {
  /** Where the page reaches the gateway: `/` where the portal's own host passes it on. */
  readonly url: string | URL;
  readonly slug: string;
  /** Who is there, where the server that rendered the page knows: then nobody need ask. */
  readonly session?: PortalSession | undefined;
  /** Called once when the session is over or there is none; default: goes to `redirectUrl`. Not called for this page's own `end`. */
  readonly onExpired?: ((expired: Expired) => void) | undefined;
  /** What the link calls the session ID; default `session`. */
  readonly sessionParameter?: string | undefined;
}

export interface Expired {
  /** Where the user gets a new session. Not told a fourth time within a minute: the two pages send each other the user. */
  readonly redirectUrl: string | undefined;
}

export interface PortalClient {
  /** For the first render of a page that a server has rendered. */
  readonly initial?: InitialState;
  readonly status: ClientStatus;
  /** Who was there when the gateway was last asked. */
  readonly session: PortalSession | undefined;
  /** Of the session's life. */
  readonly secondsLeft: number | undefined;
  /** Where in the portal the link leads: path, query and fragment. */
  readonly path: string | undefined;
  /** Where a user without a session gets one. */
  readonly redirectUrl: string | undefined;
  /** Why the last call failed. */
  readonly error: unknown;
  /** Who is there now. Rejects with `NotSignedInError`, `UserChangedError`, or why nobody knows. */
  getSession(): Promise<PortalSession>;
  /** A signed token of a few minutes for APIs of yours; the same one while it holds. */
  getToken(): Promise<string>;
  /** Logs out, in all tabs. Where to go then is yours: `returnUrl` says where the user came from. */
  end(): Promise<EndedSession>;
  /** At each change. Answers what ends it. */
  subscribe(listener: () => void): () => void;
  close(): void;
}
