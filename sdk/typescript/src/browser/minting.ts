// One token from the application's backend: what is asked, and what its answer means for the renewal.

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

/** For a `fetchToken` of one's own: nobody is signed in. */
export class NotSignedInError extends Error {
  override readonly name = "NotSignedInError";
}

class Refused extends Error {
  readonly retryAfterMs: number | undefined;

  constructor(status: number, retryAfterMs: number | undefined) {
    super(`The token endpoint answered ${status}.`);
    this.retryAfterMs = retryAfterMs;
  }
}

export function fetchFrom(url: string | URL, fetch: typeof globalThis.fetch): FetchToken {
  return async (signal) => {
    const headers = { accept: "application/json" };
    const response = await fetch(url, { method: "POST", headers, credentials: "same-origin", cache: "no-store", signal });
    if (response.status === 401) {
      throw new NotSignedInError("The token endpoint says that nobody is signed in.");
    }
    if (!response.ok) {
      const seconds = Number(response.headers.get("retry-after") ?? NaN);
      throw new Refused(response.status, seconds > 0 ? seconds * 1000 : undefined);
    }
    const answer = (await response.json()) as TokenAnswer;
    return { ...answer, expiresIn: lifeOf(answer) || secondsBetween(response.headers.get("date"), answer.expiresAt) };
  };
}

/** A second less: the header is cut to whole ones. */
function secondsBetween(date: string | null, end: TokenAnswer["expiresAt"]): number {
  return (Number(new Date(end ?? NaN)) - Date.parse(date ?? "")) / 1000 - 1;
}

/** What becomes of one attempt; the error, where there is one, is for those who wait. Never throws. */
export async function mint(fetchToken: FetchToken, now: () => number): Promise<readonly [RenewalEvent, unknown?]> {
  const bornMs = now();
  const abort = new AbortController();
  // A fetch of one's own may not listen to its signal.
  const late = new Promise<never>((_, reject) => {
    abort.signal.addEventListener("abort", () => reject(new Error("The token endpoint did not answer in time.")));
  });
  const timer = setTimeout(() => abort.abort(), MINT_TIMEOUT_MS);
  try {
    return [{ type: "minted", token: held(await Promise.race([fetchToken(abort.signal), late]), bornMs) }];
  } catch (error) {
    if (error instanceof NotSignedInError) {
      return [{ type: "unauthorized" }, error];
    }
    return [{ type: "failed", retryAfterMs: error instanceof Refused ? error.retryAfterMs : undefined }, error];
  } finally {
    clearTimeout(timer);
  }
}

export function held(answer: TokenAnswer, bornMs: number, unknownLife = NaN): HeldToken {
  const { token, externalId } = answer;
  const life = lifeOf(answer);
  const seconds = Number.isNaN(life) ? unknownLife : life;
  if (typeof token !== "string" || !(seconds > 0)) {
    throw new Error("The token endpoint must answer { token, expiresIn }.");
  }
  return { value: token, user: externalId ?? (claimsOf(token)["sub"] as string | undefined), bornMs, lifeMs: seconds * 1000 };
}

/** In seconds. Of a JWT two times of one clock, the gateway's: their difference is right whatever this browser's clock says. */
function lifeOf({ token, expiresIn }: TokenAnswer): number {
  const { exp, iat } = claimsOf(token);
  return expiresIn ?? Number(exp) - Number(iat);
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
