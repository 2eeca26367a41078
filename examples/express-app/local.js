// Where a visitor goes on after the sign-in. The address comes from outside, and browsers read it more generously than it looks.

const SITE = "http://site.invalid";

/** A path of this site, never another site. */
export function local(next) {
  const url = typeof next === "string" && URL.canParse(next, SITE) ? new URL(next, SITE) : undefined;
  // `/.//elsewhere` ends up as `//elsewhere`.
  const isHere = url?.origin === SITE && !url.pathname.startsWith("//");
  return isHere ? url.pathname + url.search : "/billing";
}
