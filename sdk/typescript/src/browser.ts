// The entry for pages. For those with a direct session: a token that is always good, renewed once for all tabs, and never stored.
// For cookie portals: the way in, who is there, and the way out.

import { browserEnvironment } from "./browser/environment.js";
import { startPortalClient } from "./browser/portal_client.js";
import type { PortalClient, PortalClientOptions } from "./browser/portal.js";
import { startTokenClient, type TokenClient, type TokenClientOptions } from "./browser/token_client.js";

export { CallFailedError, NotSignedInError, UserChangedError } from "./browser/client.js";
export type { ClientStatus, InitialState } from "./browser/client.js";
export type { FetchToken, TokenAnswer } from "./browser/minting.js";
export type { Expired, PortalClient, PortalClientOptions } from "./browser/portal.js";
export type { TokenClient, TokenClientOptions } from "./browser/token_client.js";
export type { EndedSession, PortalSession } from "./types.js";

/** A client for a page that calls APIs with the token of a direct session. */
export function createTokenClient(options: TokenClientOptions): TokenClient {
  return startTokenClient(options, browserEnvironment());
}

/** A client for a page of a cookie portal: takes the session ID out of the address bar at once, and exchanges it. */
export function createPortalClient(options: PortalClientOptions): PortalClient {
  return startPortalClient(options, browserEnvironment());
}
