// What both clients of pages have in common.

import { codeIn } from "../refusal_code.js";
import type { PortalSession } from "../types.js";

/** `failing`: nobody knows, because the last attempt has failed; there will be others. */
export type ClientStatus = "loading" | "ready" | "failing" | "signed_out" | "user_changed";

/** What a client was made with: a server renders no more, and neither may a page that takes over what a server rendered. */
export interface InitialState {
  readonly status: ClientStatus;
  readonly session?: PortalSession | undefined;
  readonly token?: string | undefined;
}

export const CLOSED = "Closed, or not in a page.";

/** For a `fetchToken` of one's own, too: nobody is signed in. */
export class NotSignedInError extends Error {
  override readonly name = "NotSignedInError";
}

/** The page shows what is another user's than the backend's: load it anew. */
export class UserChangedError extends Error {
  override readonly name = "UserChangedError";
}

/** Why there is nothing to be had from a client in this state, if it is the user's. */
export function refusalOf(status: ClientStatus): Error | undefined {
  if (status === "signed_out") {
    return new NotSignedInError("Nobody is signed in.");
  }
  return status === "user_changed" ? new UserChangedError("Another user has signed in.") : undefined;
}

/** The gateway, or the token endpoint, does not do what was asked of it. */
export class CallFailedError extends Error {
  override readonly name = "CallFailedError";
  readonly status: number;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  /** Such as `authorization/forbidden`; none where the answer is not the gateway's. */
  readonly code: string | undefined;
  /** Where a user without a session gets one. */
  readonly redirectUrl: string | undefined;

  constructor(response: Response, error: { type?: unknown; detail?: unknown; redirectUrl?: unknown } = {}) {
    super((error.detail as string | undefined) ?? `${response.url} answered ${response.status}.`);
    this.status = response.status;
    this.retryAfter = Number(response.headers.get("retry-after")) || undefined;
    this.code = codeIn(error.type);
    this.redirectUrl = error.redirectUrl as string | undefined;
  }
}

/** For the waits between attempts. */
export const retryAfterMs = (error: unknown) => ((error as CallFailedError | undefined)?.retryAfter ?? 0) * 1000;
