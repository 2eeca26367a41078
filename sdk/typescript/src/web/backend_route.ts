// The customer's backend: the route that creates a session for whoever is signed in and redirects the browser into the
// portal, and that does so again when a session has ended. Knows no framework.

import { InvalidInputError } from "../errors.js";
import type { Sessions } from "../sessions.js";
import type { CreatedSession, CreateSession } from "../types.js";
import { failed, isPrefetch, outage, redirect, told } from "./answers.js";
import { safePath, withPath } from "./path.js";

type Awaitable<T> = T | Promise<T>;

export interface PortalBackendOptions<R> {
  /** A client with a root key. */
  readonly vestibule: { readonly sessions: Pick<Sessions, "create"> };
  /** Who is signed in at your application, as `sessions.create` takes it: `{ externalId, … }`. Nothing: nobody. */
  readonly user: (request: R) => Awaitable<CreateSession | null | undefined>;
  /** Your sign-in page. It gets the parameter `next`: the path to come back to. Default: 401. */
  readonly signIn?: string | undefined;
  /** For what you keep of a session, such as its `id` to revoke it by. */
  readonly created?: ((session: CreatedSession, request: R) => Awaitable<void>) | undefined;
}

/** A request as a framework has it, and the same as the web has it. */
export interface Asked<R> {
  readonly own: R;
  readonly web: Request;
}

/** Always answers: with a redirect into the portal, or with why there is none. */
export async function leadIn<R>(options: PortalBackendOptions<R>, { own, web }: Asked<R>): Promise<Response> {
  const { method, headers } = web;
  if (method !== "GET" && method !== "POST") {
    return told(method, headers, { status: 405, words: "This address takes GET and POST.", headers: { allow: "GET, POST" } });
  }
  if (isPrefetch(headers)) {
    return outage(method, headers);
  }
  const url = new URL(web.url);
  const user = await options.user(own);
  if (user === null || user === undefined) {
    return signIn(options.signIn, web, url);
  }
  try {
    const path = safePath(url.searchParams.get("path"));
    const { session, address } = await create(options.vestibule.sessions, user, path);
    await options.created?.(session, own);
    return redirect(address);
  } catch (error) {
    return failed(error, web);
  }
}

/** Whether the portal has sent this browser home for a new session. Loading such a page is reason enough to create one. */
export function isSentHome(web: Request): boolean {
  const reason = new URL(web.url).searchParams.get("reason");
  return web.method === "GET" && (reason === "session_expired" || reason === "session_missing");
}

/** For any page that users are sent home to: leads whom the portal sent here back in, and leaves all others to the page. */
export async function leadBack<R>(options: PortalBackendOptions<R>, asked: Asked<R>): Promise<Response | undefined> {
  if (!isSentHome(asked.web)) {
    return undefined;
  }
  // Without a user it is the page's turn, which may show how to sign in.
  const isSignedIn = (await options.user(asked.own)) ?? null;
  return isSignedIn === null && options.signIn === undefined ? undefined : leadIn(options, asked);
}

function signIn(page: string | undefined, { method, headers }: Request, url: URL): Response {
  if (page === undefined) {
    return told(method, headers, { status: 401, words: "Please sign in first." });
  }
  const query = new URLSearchParams({ next: safePath(url.pathname + url.search) ?? "/" });
  return redirect(`${page}${page.includes("?") ? "&" : "?"}${query}`);
}

async function create(sessions: Pick<Sessions, "create">, user: CreateSession, path: string | undefined) {
  if (path === undefined) {
    const session = await sessions.create(user);
    return { session, address: session.url };
  }
  try {
    const session = await sessions.create({ ...user, path } as CreateSession);
    return { session, address: session.url };
  } catch (error) {
    if (!(error instanceof InvalidInputError) || !error.errors.every((fault) => fault.location === "body.path")) {
      throw error;
    }
    // A place to go on at must not keep anybody out. One that the gateway refuses is dropped; a gateway that does not know
    // the field leaves it to the portal.
    const isOld = error.errors.every((fault) => fault.message === "This field is unknown.");
    const session = await sessions.create(user);
    return { session, address: isOld ? withPath(session.url, path) : session.url };
  }
}
