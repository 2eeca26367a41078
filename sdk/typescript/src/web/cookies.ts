// The gate's own cookies: read from a request, and written so that no page's script and no other site gets them.

export function cookiesIn(headers: Headers): readonly (readonly [name: string, value: string])[] {
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => [pair, pair.indexOf("=")] as const);
  return pairs.flatMap(([pair, end]) => (end < 0 ? [] : [[pair.slice(0, end).trimStart(), pair.slice(end + 1).trim()] as const]));
}

export function cookieIn(headers: Headers, name: string): string | undefined {
  return cookiesIn(headers).find(([known]) => known === name)?.[1];
}

/** 0 seconds: it is cleared. */
export function cookie(name: string, value: string, seconds: number, url: URL): string {
  const secure = url.protocol === "https:" ? "; Secure" : "";
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}
