"use client";
// For the pages of a Next.js portal: a script that is told that its session is over leads home, whatever called it: a server
// action, a `fetch`, a library.

import { isOfTheWeb } from "./browser/way_home.js";
import { codeIn, saysOver } from "./refusal_code.js";
import { safePath, withPath } from "./web/path.js";

const WATCHED = Symbol.for("vestibule.watched");

/** Belongs once into the root layout. Shows nothing. */
export function LeaveWhenOver(): null {
  if (typeof window !== "undefined") {
    watch();
  }
  return null;
}

/** Ends the session, here and in every tab, and leads to where the gateway says. */
export async function signOut(): Promise<void> {
  const answer = await fetch("/v2/portal.endSession", { method: "POST", headers: { accept: "application/json" } });
  const { data, error } = (await answer.json()) as { data?: { returnUrl?: string }; error?: { redirectUrl?: string } };
  location.assign([data?.returnUrl, error?.redirectUrl].find(isOfTheWeb) ?? "/");
}

/** A patched `fetch`, because Next.js calls server actions and pages by it and offers no other place. */
function watch(): void {
  const page = window as typeof window & { [WATCHED]?: true };
  if (page[WATCHED]) {
    return;
  }
  page[WATCHED] = true;
  const original = window.fetch;
  window.fetch = async (...call) => {
    const answer = await original(...call);
    const home = isPageOfNext(...call) ? undefined : await homeIn(answer);
    if (home === undefined) {
      return answer;
    }
    location.assign(withPath(home, safePath(location.pathname + location.search)));
    // The page is being left: no error is to flash up before.
    return new Promise<never>(() => {});
  };
}

/** A page by script: Next.js loads it as a whole after a 401. If it was fetched ahead, nobody has asked for it yet. */
function isPageOfNext(input: RequestInfo | URL, init?: RequestInit): boolean {
  return new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined)).has("rsc");
}

/** Where a new session is to be had, if this says that the session is over. */
async function homeIn(answer: Response): Promise<string | undefined> {
  const isOurs = answer.url === "" || new URL(answer.url).origin === location.origin;
  const type = answer.headers.get("content-type") ?? "";
  if (answer.status !== 401 || !isOurs || !type.includes("json")) {
    return undefined;
  }
  const body = (await answer.clone().json().catch(() => ({}))) as { type?: string; redirectUrl?: string; error?: { type?: string; redirectUrl?: string } };
  const { type: code, redirectUrl } = body.error ?? body;
  return saysOver(answer.status, codeIn(code)) && isOfTheWeb(redirectUrl) ? redirectUrl : undefined;
}
