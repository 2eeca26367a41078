// The way home of a person without a session, and back to the page they were on. Nobody is sent home for ever.

import { redirect, told } from "./answers.js";
import { safePath, withoutSessionIds, withPath } from "./path.js";

/** Nobody is there; `home` is where they get a new session, if that is known. */
export interface Nobody {
  readonly status: number;
  readonly home: string | undefined;
}

/** The deep link of whoever was sent home. */
const PATH = "vestibule_path";
/** How often this browser was sent home within a minute. */
const TIMES = "vestibule_sent_home";
/** As often as the gateway does it. */
const MOST_TIMES = 3;

/** A redirect home that remembers the page; or a page in words. */
export function sendHome({ status, home }: Nobody, { method, headers, url: address }: Request): Response {
  if (status !== 401) {
    return told(method, headers, { status, words: "This portal is closed to you." });
  }
  const url = new URL(address);
  const times = Number(cookieIn(headers, TIMES) ?? 0) || 0;
  if (home === undefined || times >= MOST_TIMES) {
    const words = "Your session has ended. Please open the portal again from where you usually do.";
    return told(method, headers, { status, words });
  }
  const path = method === "GET" ? safePath(withoutSessionIds(url.pathname + url.search)) : undefined;
  const cookies = [cookie(TIMES, String(times + 1), 60, url)];
  if (path !== undefined) {
    cookies.push(cookie(PATH, encodeURIComponent(path), 600, url));
  }
  return redirect(withPath(home, path), cookies.map((one) => ["set-cookie", one] as const));
}

/** The page that somebody asked for before they were sent home. */
export function rememberedIn(headers: Headers): string | undefined {
  try {
    return safePath(decodeURIComponent(cookieIn(headers, PATH) ?? ""));
  } catch {
    return undefined;
  }
}

export const forgetting = (url: URL) => cookie(PATH, "", 0, url);

function cookie(name: string, value: string, seconds: number, url: URL): string {
  const secure = url.protocol === "https:" ? "; Secure" : "";
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

function cookieIn(headers: Headers, name: string): string | undefined {
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => pair.trim().split("="));
  return pairs.find(([known]) => known === name)?.[1];
}
