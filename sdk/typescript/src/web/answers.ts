// What the SDK itself answers on behalf of an application: redirects, problems, and pages in plain words. Nothing of it may
// be cached, for all of it depends on who is there.

import {
  ConnectionError,
  GatewayError,
  RateLimitedError,
  ServiceUnavailableError,
  UnexpectedAnswerError,
  VestibuleError,
} from "../errors.js";

const PRIVATE = { "cache-control": "no-store", "referrer-policy": "no-referrer" };

/** Whether a browser loads a page, as the gateway tells it too; all others are programs. */
export function isNavigation(method: string, headers: Headers): boolean {
  const mode = headers.get("sec-fetch-mode");
  if (mode !== null) {
    return mode === "navigate";
  }
  return method === "GET" && (headers.get("accept") ?? "").includes("text/html") && !headers.has("x-requested-with");
}

const AHEAD = [["sec-purpose", "prefetch"], ["purpose", "prefetch"], ["purpose", "preview"], ["x-purpose", "preview"], ["x-moz", "prefetch"]] as const;

/** Whether nobody has asked for it yet: a browser that fetches ahead, as the gateway tells it too. */
export function isPrefetch(headers: Headers): boolean {
  return headers.has("next-router-prefetch") || AHEAD.some(([name, word]) => (headers.get(name) ?? "").includes(word));
}

/** 303: whatever the request was, a GET follows. */
export function redirect(location: string, headers: readonly (readonly [string, string])[] = []): Response {
  const answer = new Response(null, { status: 303, headers: { ...PRIVATE, location } });
  headers.forEach(([name, value]) => answer.headers.append(name, value));
  return answer;
}

const TITLES: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  405: "Method Not Allowed",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

export interface Told {
  readonly status: number;
  /** For people. */
  readonly words: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** In the form that fits who asks: a page, or a problem (RFC 9457). */
export function told(method: string, asked: Headers, { status, words, headers = {} }: Told): Response {
  const title = TITLES[status] ?? "Error";
  if (!isNavigation(method, asked)) {
    const type = { "content-type": "application/problem+json" };
    return new Response(JSON.stringify({ title, status, detail: words }), { status, headers: { ...PRIVATE, ...type, ...headers } });
  }
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${words}</h1>`;
  const type = { "content-type": "text/html; charset=utf-8" };
  return new Response(page, { status, headers: { ...PRIVATE, ...type, ...headers } });
}

/** Nobody knows who is there. That is no sign-out, so nobody is sent anywhere. */
export function outage(method: string, asked: Headers, retryAfter = 5, status = 503): Response {
  const words = "This is not available right now. Please try again in a moment.";
  return told(method, asked, { status, words, headers: { "retry-after": String(retryAfter) } });
}

/** Nobody has answered for the gateway. What stands in its place, a proxy's page or a sign-in, says nothing about anybody. */
export const isOutage = (error: unknown) =>
  [ServiceUnavailableError, ConnectionError, UnexpectedAnswerError].some((kind) => error instanceof kind);

/** What a failed call to the gateway means to the visitor: an outage; or a fault of the application, which is thrown on. */
export function failed(error: unknown, { method, headers }: Request, ofRate = 503): Response {
  if (error instanceof RateLimitedError) {
    return outage(method, headers, error.retryAfter, ofRate);
  }
  if (isOutage(error)) {
    console.error("vestibule: the gateway cannot be asked.", error);
    return outage(method, headers);
  }
  // Express would give the visitor the gateway's status: a wrong root key would look like a sign-out.
  throw error instanceof GatewayError ? new VestibuleError(error.message, { cause: error }) : error;
}
