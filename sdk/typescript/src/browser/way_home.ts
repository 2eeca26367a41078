// Addresses that others name and a page goes to: inside this origin, or home. Home at most three times a minute, so that
// a portal and a backend that send a browser to each other end in words.

import type { Page } from "./environment.js";

const MOST = 3;
const MINUTE_MS = 60_000;

/** Path, query and fragment at this origin, or nothing. Never what a browser would take for another origin's. */
export function pathAt(origin: string, path: string | undefined): string | undefined {
  try {
    const url = new URL(path!, origin);
    // `/.//elsewhere` ends up as `//elsewhere`.
    const isInside = path && url.origin === origin && !url.pathname.startsWith("//");
    return isInside ? url.pathname + url.search + url.hash : undefined;
  } catch {
    return undefined;
  }
}

/** Not a script in an address. */
export const isOfTheWeb = (url: string | undefined) => /^https?:/.test(url!);

/** Counts this time too. */
export function mayGoHome(page: Pick<Page, "storage">, slug: string, wallMs: number): boolean {
  const name = `vestibule:${slug}:home`;
  try {
    const times = JSON.parse(page.storage().getItem(name) ?? "[]") as number[];
    const recent = times.filter((time) => Math.abs(wallMs - time) < MINUTE_MS);
    page.storage().setItem(name, JSON.stringify([...recent, wallMs]));
    return recent.length < MOST;
  } catch {
    return true;
  }
}
