// The gateway's endpoints for a page with the portal's cookie. An answer that is not the gateway's own refusal is an outage.

import { saysOver } from "../refusal_code.js";
import { CallFailedError } from "./client.js";

const TIMEOUT_MS = 10_000;

/** Answers the data of `portal.<verb>`. */
export type PortalCall = <T>(verb: string, init?: RequestInit) => Promise<T>;

/** The gateway itself says that there is no session. */
export const isOver = (error: unknown): error is CallFailedError =>
  error instanceof CallFailedError && saysOver(error.status, error.code);

export function portalCalls(fetch: typeof globalThis.fetch, url: string | URL, slug: string): PortalCall {
  const base = `${url}`.replace(/\/+$/, "");
  return async <T>(verb: string, init?: RequestInit) => {
    const response = await fetch(`${base}/v2/portal.${verb}?slug=${slug}`, {
      headers: { accept: "application/json" },
      ...init,
      credentials: "include",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = (await response.json().catch(() => undefined)) as { data?: T; error?: { type?: unknown } } | undefined;
    if (response.ok && answer?.data) {
      return answer.data;
    }
    throw new CallFailedError(response, answer?.error);
  };
}
