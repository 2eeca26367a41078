// Where somebody was: paths of one's own site, told from addresses that lead elsewhere.

const LONGEST = 1024;
/** Stands in for the site: what leaves it is no path. */
const SITE = "http://site.invalid";

/** The path with its query and fragment; nothing for whatever a browser could read as another site's address. */
export function safePath(value: string | null | undefined): string | undefined {
  // A browser takes out tabs and line ends, and reads `\` as `/`.
  if (value === null || value === undefined || value.length > LONGEST || !/^\/(?![/\\])[\x21-\x7e]*$/.test(value)) {
    return undefined;
  }
  const url = URL.canParse(value, SITE) ? new URL(value, SITE) : undefined;
  // `/.//evil.example` is `//evil.example` once its dots are gone.
  const path = url === undefined || url.pathname.startsWith("//") ? undefined : url.pathname + url.search + url.hash;
  return url?.origin === SITE ? path : undefined;
}

/** Without the session IDs in its query: whoever keeps or passes on one gives a session away. */
export function withoutSessionIds(path: string): string {
  const [, before, query] = /^([^?]*)\?(.*)$/s.exec(path) ?? [];
  if (before === undefined || query === undefined || !query.includes("pst_")) {
    return path;
  }
  const kept = query.split("&").filter((pair) => !/(?:^|=)pst_(?:live|test)_/.test(pair)).join("&");
  return kept === "" ? before : `${before}?${kept}`;
}

/** The address with the path as its parameter `path`, so that a new session leads back there. */
export function withPath(address: string, path: string | undefined): string {
  if (path === undefined || path === "/" || !URL.canParse(address)) {
    return address;
  }
  const url = new URL(address);
  url.searchParams.set("path", path);
  return url.href;
}
