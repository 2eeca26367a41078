"use client";
// For the pages of a Next.js portal: a script that is told that its session is over leads home, whatever called it: a server
// action, a `fetch`, a library.

import { CallFailedError } from "./browser/client.js";
import { patiently } from "./browser/patience.js";
import { isOver } from "./browser/portal_calls.js";
import { isOfTheWeb, mayGoHome } from "./browser/way_home.js";
import { codeIn, saysOver } from "./refusal_code.js";
import { safePath, withPath } from "./web/path.js";

/** Where the page's own `fetch` is kept. */
const WATCHED = Symbol.for("vestibule.watched");
type WatchedPage = typeof window & { [WATCHED]?: typeof fetch };

const TIMEOUT_MS = 10_000;
/** A page that is still there after this stays: somebody wanted to keep what they had typed. */
const LEFT_BY_MS = 5_000;

/** Belongs once into the root layout. Shows nothing. */
export function LeaveWhenOver(): null {
  if (typeof window !== "undefined") {
    watch(window);
  }
  return null;
}

export interface SignOutOptions {
  /** The portal's slug, where one host has several. */
  readonly slug?: string | undefined;
}

/**
 * Ends the session, here and in every tab, and leads to where the gateway says. Rejects where nobody knows that it is over:
 * then the user may still be signed in, and is to be told so.
 */
export async function signOut({ slug }: SignOutOptions = {}): Promise<void> {
  const query = slug === undefined ? "" : `?slug=${encodeURIComponent(slug)}`;
  // Not by the watched one: a session that is over already would be begun anew.
  const { [WATCHED]: own = window.fetch } = window as WatchedPage;
  const end = async () => {
    const answer = await own(`/v2/portal.endSession${query}`, {
      method: "POST",
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { data, error } = ((await answer.json().catch(() => undefined)) ?? {}) as Answered;
    if (answer.ok && data) {
      return data.returnUrl;
    }
    throw new CallFailedError(answer, error);
  };
  const leave = await patiently(end).catch((error: unknown) => {
    if (!isOver(error)) {
      throw error;
    }
    return withoutReason(error.redirectUrl);
  });
  goTo(leave);
}

interface Answered {
  readonly data?: { readonly returnUrl?: string };
  readonly error?: { readonly type?: string; readonly redirectUrl?: string };
}

const goTo = (address: string | undefined) => location.assign(isOfTheWeb(address) ? address! : "/");

/** With a reason the backend would lead whoever has just left back in. */
function withoutReason(address: string | undefined): string | undefined {
  if (!isOfTheWeb(address) || !URL.canParse(address!)) {
    return undefined;
  }
  const url = new URL(address!);
  url.searchParams.delete("reason");
  return url.href;
}

/** A patched `fetch`, because Next.js calls server actions and pages by it and offers no other place. */
function watch(page: WatchedPage): void {
  if (page[WATCHED] !== undefined) {
    return;
  }
  const original = page.fetch;
  page[WATCHED] = original;
  let leaving: Promise<void> | undefined;
  const leave = (home: string) => {
    // Once for all that hear of it together; and not for ever, where something between takes the cookie away.
    leaving ??= mayGoHome({ storage: () => sessionStorage }, "", Date.now())
      ? left(withPath(home, safePath(location.pathname + location.search))).then(() => (leaving = undefined))
      : undefined;
    return leaving;
  };
  page.fetch = async (...call) => {
    const answer = await original(...call);
    const home = tellsNothing(...call) ? undefined : await homeIn(answer);
    // Where the page is being left, no error is to flash up before.
    await (home === undefined ? undefined : leave(home));
    return answer;
  };
}

/** Ends only if the page stays. */
async function left(forAddress: string): Promise<void> {
  location.assign(forAddress);
  await new Promise((resolve) => setTimeout(resolve, LEFT_BY_MS));
}

/**
 * Whether its 401 is no news of the person here. Next.js loads a page by script as a whole after a 401, and if it was fetched
 * ahead, nobody has asked for it yet. What is sent without cookies has no session at any time.
 */
function tellsNothing(input: RequestInfo | URL, init?: RequestInit): boolean {
  const sent = input instanceof Request ? input : undefined;
  return new Headers(init?.headers ?? sent?.headers).has("rsc") || (init?.credentials ?? sent?.credentials) === "omit";
}

/** Where a new session is to be had, if this says that the session is over. */
async function homeIn(answer: Response): Promise<string | undefined> {
  const isOurs = answer.url === "" || new URL(answer.url).origin === location.origin;
  const type = answer.headers.get("content-type") ?? "";
  if (answer.status !== 401 || !isOurs || !type.includes("json")) {
    return undefined;
  }
  const body = ((await answer.clone().json().catch(() => undefined)) ?? {}) as Answered["error"] & Answered;
  const { type: code, redirectUrl } = body.error ?? body;
  return saysOver(answer.status, codeIn(code)) && isOfTheWeb(redirectUrl) ? redirectUrl : undefined;
}
