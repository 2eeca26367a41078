// The page that somebody asked for before they were sent home. As long as their cookie tells whose it was it is theirs alone:
// another user who signs in at this browser does not come to it.

import { cookie, cookieIn, cookiesIn } from "./cookies.js";
import { safePath } from "./path.js";

/** A host may have several portals. */
const nameOf = (slug: string) => `vestibule_path_${slug}`;
/** The gateway's mark of a user in the token of a browser session, whatever its cookie is called. */
const TAG = /^ps_(?:live|test)_([A-Za-z0-9]{16})/;

/** `<user's mark or nothing>.<path>`. The token of a session that is over still tells whose it was. */
export function remembering(slug: string, path: string, headers: Headers, url: URL): string {
  return cookie(nameOf(slug), `${tagsIn(headers)[0] ?? ""}.${encodeURIComponent(path)}`, 600, url);
}

/** Nothing where nothing is kept; a path only if it is this user's. */
export function rememberedIn(slug: string, headers: Headers): { readonly path: string | undefined } | undefined {
  const kept = cookieIn(headers, nameOf(slug));
  if (kept === undefined) {
    return undefined;
  }
  const [, tag, encoded] = /^([A-Za-z0-9]*)\.(.+)$/.exec(kept) ?? [];
  const isTheirs = tag === "" || (tag !== undefined && tagsIn(headers).includes(tag));
  return { path: isTheirs ? safePath(decoded(encoded ?? "")) : undefined };
}

export const forgetting = (slug: string, url: URL) => cookie(nameOf(slug), "", 0, url);

function tagsIn(headers: Headers): string[] {
  return cookiesIn(headers).flatMap(([, value]) => TAG.exec(value)?.[1] ?? []);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
