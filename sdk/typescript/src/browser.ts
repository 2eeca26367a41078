// The entry for pages: a token that is always good, renewed once for all tabs, and never stored.

import { browserEnvironment } from "./browser/environment.js";
import { startTokenClient, type TokenClient, type TokenClientOptions } from "./browser/token_client.js";

export { NotSignedInError } from "./browser/minting.js";
export { UserChangedError } from "./browser/token_client.js";
export type { FetchToken, TokenAnswer } from "./browser/minting.js";
export type { TokenClient, TokenClientOptions, TokenStatus } from "./browser/token_client.js";

/** A client for a page that calls APIs with the token of a direct session. */
export function createTokenClient(options: TokenClientOptions): TokenClient {
  return startTokenClient(options, browserEnvironment());
}
