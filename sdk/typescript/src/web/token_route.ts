// The customer's backend: the endpoint from which pages of its own get tokens of a direct session. Knows no framework.

import type { SessionTokens } from "../sessions.js";
import type { CreateSessionToken } from "../types.js";
import { failed, told } from "./answers.js";
import type { Asked } from "./backend_route.js";

export interface SessionTokenRouteOptions<R> {
  /** A client with a root key. */
  readonly vestibule: { readonly sessionTokens: Pick<SessionTokens, "create"> };
  /** Who is signed in, as `sessionTokens.create` takes it: `{ externalId, … }`. Nothing: nobody. */
  readonly user: (request: R) => CreateSessionToken | null | undefined | Promise<CreateSessionToken | null | undefined>;
  /** Origins of pages elsewhere that may ask too. CORS for them is yours. Default: none. */
  readonly origins?: readonly string[] | undefined;
}

/** Answers a POST of a page of one's own: the token as JSON, or 401 if nobody is signed in. */
export async function giveToken<R>(options: SessionTokenRouteOptions<R>, { own, web }: Asked<R>): Promise<Response> {
  const { method, headers } = web;
  if (method !== "POST") {
    return told(method, headers, { status: 405, words: "This address takes POST.", headers: { allow: "POST" } });
  }
  if (!isOfOwnPage(headers, options.origins ?? [])) {
    return told(method, headers, { status: 403, words: "Only pages of this site get a token here." });
  }
  const user = await options.user(own);
  if (user === null || user === undefined) {
    return told(method, headers, { status: 401, words: "Nobody is signed in." });
  }
  try {
    const session = await options.vestibule.sessionTokens.create(user);
    const answer = { ...session, externalId: user.externalId, expiresAt: session.expiresAt.getTime() };
    return Response.json(answer, { headers: { "cache-control": "no-store" } });
  } catch (error) {
    return failed(error, web, 429);
  }
}

/** The token would be in the hands of whoever may ask, so a browser has to vouch for the page. */
function isOfOwnPage(headers: Headers, origins: readonly string[]): boolean {
  const origin = headers.get("origin");
  if (origin !== null && origins.includes(origin)) {
    return true;
  }
  const site = headers.get("sec-fetch-site");
  if (site !== null) {
    return site === "same-origin";
  }
  return origin !== null && URL.canParse(origin) && new URL(origin).host === headers.get("host");
}
