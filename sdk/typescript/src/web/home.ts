// The way home of a person without a session. Nobody is sent home for ever: three times within a minute, as the gateway
// does it, then a page says so.

import { isPrefetch, redirect, told } from "./answers.js";
import { cookie, cookieIn } from "./cookies.js";
import { safePath, withPath } from "./path.js";
import { remembering } from "./remembered.js";

/** Nobody is there; `home` is where they get a new session, if that is known. */
export interface Nobody {
  readonly status: number;
  readonly home: string | undefined;
}

/** The cookie of when this browser was sent home: Unix seconds with dots between them. */
const nameOf = (slug: string) => `vestibule_sent_home_${slug}`;
const MOST_TIMES = 3;
const WITHIN_SECONDS = 60;

/** A redirect home that remembers the page; or a page in words. */
export function sendHome(slug: string, { status, home }: Nobody, { method, headers, url: address }: Request): Response {
  if (status !== 401) {
    return told(method, headers, { status, words: "This portal is closed to you." });
  }
  const url = new URL(address);
  const times = timesIn(cookieIn(headers, nameOf(slug)) ?? "");
  if (home === undefined || times.length >= MOST_TIMES || isPrefetch(headers)) {
    const words = "Your session has ended. Please open the portal again from where you usually do.";
    return told(method, headers, { status, words });
  }
  const path = method === "GET" ? safePath(url.pathname + url.search) : undefined;
  const cookies = [cookie(nameOf(slug), [...times, nowSeconds()].join("."), WITHIN_SECONDS, url)];
  if (path !== undefined) {
    cookies.push(remembering(slug, path, headers, url));
  }
  return redirect(withPath(home, path), cookies.map((one) => ["set-cookie", one] as const));
}

/** For whoever has arrived: the next time is the first. Nothing where nothing is counted. */
export function countingAnew(slug: string, headers: Headers, url: URL): string | undefined {
  return cookieIn(headers, nameOf(slug)) === undefined ? undefined : cookie(nameOf(slug), "", 0, url);
}

/** Those of the last minute; what cannot be read is none. */
function timesIn(kept: string): number[] {
  const times = kept.split(".").map((text) => (/^\d{1,12}$/.test(text) ? Number(text) : 0));
  return times.filter((time) => Math.abs(nowSeconds() - time) < WITHIN_SECONDS);
}

const nowSeconds = () => Math.floor(Date.now() / 1000);
