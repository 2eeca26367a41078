// Who is signed in: two users, and a list of sign-ins in memory. In your application this is there already.

import { randomBytes } from "node:crypto";

const USERS = {
  jane: { name: "Jane Doe", email: "jane@example.com" },
  omar: { name: "Omar Haddad", email: "omar@example.com" },
};
const signIns = new Map();
const COOKIE = "app_sign_in";

function secretOf(request) {
  const pairs = (request.headers.cookie ?? "").split("; ").map((pair) => pair.split("="));
  return pairs.find(([name]) => name === COOKIE)?.[1];
}

/** The sign-in of this browser: `id`, `name`, `email`, and the IDs of the portal's sessions that it got. */
export const userOf = (request) => signIns.get(secretOf(request));

export function signIn(response, id) {
  if (!Object.hasOwn(USERS, id)) return;
  const secret = randomBytes(24).toString("base64url");
  signIns.set(secret, { id, ...USERS[id], portalSessions: new Set() });
  response.cookie(COOKIE, secret, { httpOnly: true, sameSite: "lax" });
}

export function signOut(request, response) {
  signIns.delete(secretOf(request));
  response.clearCookie(COOKIE);
}

/** In all other browsers. */
export function signOutElsewhere(request) {
  const here = userOf(request);
  for (const [secret, user] of signIns) {
    if (user.id === here?.id && user !== here) signIns.delete(secret);
  }
}
