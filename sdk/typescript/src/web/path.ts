// Where somebody was: paths of one's own site, told from addresses that lead elsewhere. As strict as the gateway: both
// are tried with tests/testdata/portal_paths.txt.

const LONGEST = 1024;
/** Nobody encodes a path more often than this. */
const MOST_DECODINGS = 4;
/** Stands in for the site: what leaves it is no path. */
const SITE = "https://site.invalid";
/** A session ID, a token, a root key; or a signed token. Strangers choose the text, so each run of letters is read once. */
const CREDENTIAL = /\b(?:pst|ps|pt|rk)_(?:live|test)_|(?<![\w-])(?=(?:[\w-]*-)?eyJ[\w-])[\w-]+\.eyJ/;

/**
 * The path with its query and fragment, encoded. Nothing for what any browser or server could read as another site's
 * address, and nothing for what holds a credential: whoever keeps or hands on such a path gives a session away.
 */
export function safePath(value: string | null | undefined): string | undefined {
  // A browser takes out tabs and line ends, and reads `\` as `/`.
  if (typeof value !== "string" || [...value].length > LONGEST || !/^\/(?!\/)[^\s\p{Cc}\\]*$/u.test(value)) {
    return undefined;
  }
  const url = URL.canParse(value, SITE) ? new URL(value, SITE) : undefined;
  if (url?.origin !== SITE || hidesAHost(url.pathname)) {
    return undefined;
  }
  const path = url.pathname + url.search + url.hash;
  return path.length > LONGEST || holdsCredential(path) ? undefined : path;
}

/** Encoded or not. What is encoded more often than anybody does may hold one. */
export function holdsCredential(path: string): boolean {
  return readings(path)?.some((reading) => CREDENTIAL.test(reading)) ?? true;
}

/** Whether a path is one that people have: neither longer than any that is kept, nor encoded over and over. */
export function isOrdinary(path: string): boolean {
  return path.length <= LONGEST && readings(path) !== undefined;
}

/**
 * The text, and what it becomes when it is decoded once or more often; a character for each byte. Nothing where that does
 * not end soon: a stranger could keep the server busy by it.
 */
function readings(text: string): readonly string[] | undefined {
  const all = [text];
  for (let now = text; all.length <= MOST_DECODINGS + 1; all.push(now)) {
    const next = now.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    if (next === now) {
      return all;
    }
    now = next;
  }
  return undefined;
}

/** Whether a server that decodes or cleans this path, once or more often, may come to `//host`. */
function hidesAHost(path: string): boolean {
  return readings(path)?.some((reading) => /[\0-\x1f\x7f]/.test(reading) || beginsWithAHost(reading)) ?? true;
}

/** As the most forgiving readers have it: `\` is `/`, and what follows a `;` is no part of a segment. */
function beginsWithAHost(path: string): boolean {
  const segments: string[] = [];
  for (const segment of path.split(/[/\\]/).slice(1)) {
    const name = segment.split(";")[0]!;
    if (name === "..") {
      segments.pop();
    } else if (name !== ".") {
      segments.push(name);
    }
  }
  return segments.length > 1 && segments[0] === "";
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
