// Who is there, as a proxy before this server tells it. Believed only where the headers are as the gateway writes them for
// this portal: a proxy that adds its own to what a client sent, or that serves another portal, vouches for nobody.

import { authorizationIn, type Authorization } from "../authorization.js";

const NAMES = ["session-id", "slug", "external-id", "organization-id", "permissions", "environment", "preview", "expires-at"];
/** Their values have no comma, so one in them joins two headers. */
const SINGLE: readonly string[] = ["session-id", "slug", "environment", "preview", "expires-at"];
/** Between the gateway's clock and this server's, and while a page waits. */
const LATE_MS = 60_000;

export function trustedIn(headers: Headers, slug: string, nowMs: number): Authorization | undefined {
  // All else is encoded, a space too: two headers are joined by one.
  const isOnce = (name: string) => /^[\x21-\x7e]*$/.test(headers.get(`portal-${name}`) ?? "");
  const isSingle = (name: string) => !(headers.get(`portal-${name}`) ?? "").includes(",");
  if (!headers.get("portal-session-id") || !NAMES.every(isOnce) || !SINGLE.every(isSingle)) {
    return undefined;
  }
  try {
    const found = authorizationIn(headers);
    const isAlive = found.expiresAt.getTime() > nowMs - LATE_MS;
    return found.slug === slug && found.externalId !== "" && isAlive ? found : undefined;
  } catch {
    // An encoding that nobody can read.
    return undefined;
  }
}
