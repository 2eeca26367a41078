// One token from the application's backend: what is asked, and what its answer means for the renewal.

import { CallFailedError, NotSignedInError, refusalOf, retryAfterMs } from "./client.js";
import type { HeldToken, RenewalEvent } from "./renewal.js";
import { MINT_TIMEOUT_MS } from "./renewal.js";

/** What the backend's endpoint answers as JSON: what `sessionTokens.create` told it. */
export interface TokenAnswer {
  readonly token: string;
  /** Seconds, by the gateway's clock. A JWT's life can be read from it. */
  readonly expiresIn?: number | undefined;
  /** Stands in for `expiresIn` in the answer of a `sessionTokenUrl`, by the clock of that server. */
  readonly expiresAt?: string | number | Date | undefined;
  /** Whose token it is, so that another user's does not take its place unnoticed. A JWT says so itself. */
  readonly externalId?: string | undefined;
}

export type FetchToken = (signal: AbortSignal) => Promise<TokenAnswer>;

export function fetchFrom(url: string | URL, fetch: typeof globalThis.fetch): FetchToken {
  let method = "POST";
  let hasTriedOther = false;
  const headers = { accept: "application/json" };
  const ask = (signal: AbortSignal) => fetch(url, { method, headers, credentials: "same-origin", cache: "no-store", signal });
  return async (signal) => {
    let response = await ask(signal);
    // Many a backend answers to GET alone. Asked twice only once: else a missing endpoint would get twice the attempts.
    if ([404, 405].includes(response.status)) {
      method = method === "POST" ? "GET" : "POST";
      response = hasTriedOther ? response : await ask(signal);
      hasTriedOther = true;
    }
    if (response.status === 401) {
      throw refusalOf("signed_out");
    }
    if (!response.ok) {
      throw new CallFailedError(response);
    }
    return withLife((await response.json()) as TokenAnswer, response.headers.get("date"));
  };
}

/** A second less: the header is cut to whole ones. */
function withLife(answer: TokenAnswer, date: string | null): TokenAnswer {
  const { expiresAt } = answer;
  return expiresAt && date ? { expiresIn: (Number(new Date(expiresAt)) - Date.parse(date)) / 1000 - 1, ...answer } : answer;
}

/** What becomes of one attempt; the error, where there is one, is for those who wait. Never throws. */
export async function mint(fetchToken: FetchToken, now: () => number): Promise<readonly [RenewalEvent, unknown?]> {
  const bornMs = now();
  const signal = AbortSignal.timeout(MINT_TIMEOUT_MS);
  // A fetch of one's own may not listen to its signal.
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  try {
    return [{ type: "minted", token: held(await Promise.race([fetchToken(signal), late]), bornMs) }];
  } catch (error) {
    if (error instanceof NotSignedInError) {
      return [{ type: "unauthorized" }, error];
    }
    return [{ type: "failed", retryAfterMs: retryAfterMs(error) }, error];
  }
}

/** `unknownLife`, in seconds, for an opaque token that comes alone; else there must be an `expiresIn`. */
export function held(answer: TokenAnswer, bornMs: number, unknownLife = NaN): HeldToken {
  const { token, externalId } = answer;
  const { exp, iat, sub } = claimsOf(token);
  // Two times of one clock, the gateway's: their difference is right whatever this browser's clock says.
  const life = answer.expiresIn ?? Number(exp) - Number(iat);
  const seconds = Number.isNaN(life) ? unknownLife : life;
  if (typeof token !== "string" || !(seconds > 0)) {
    throw new Error("The token endpoint must answer { token, expiresIn }.");
  }
  return { value: token, user: externalId ?? (sub as string | undefined), bornMs, lifeMs: seconds * 1000 };
}

/** Of a JWT, unchecked: the page believes its own backend. Nothing for an opaque token. */
export function claimsOf(token: string): Record<string, unknown> {
  try {
    const bytes = Uint8Array.from(atob(token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
