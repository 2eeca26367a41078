// For Next.js with its App Router, in both of its run-times: the backend's routes, and the portal's gate.

import { leadBack, leadIn, type PortalBackendOptions as Options } from "./web/backend_route.js";
import { refusalOf } from "./web/body.js";
import { passedOn } from "./web/gateway.js";
import { answerOf, believedOf, incoming, type ClientAddress } from "./web/incoming.js";
import { safePath, withPath } from "./web/path.js";
import type { Nobody } from "./web/home.js";
import { Portal, type PortalOptions as GateOptions, type PortalUser, type Requirements, type Verdict } from "./web/portal.js";
import { giveToken, type SessionTokenRouteOptions as TokenOptions } from "./web/token_route.js";

export type PortalBackendOptions = Options<Request>;
export type SessionTokenRouteOptions = TokenOptions<Request>;
export type { PortalUser, Requirements } from "./web/portal.js";

export interface PortalOptions extends GateOptions {
  /**
   * The address of who asks, which the gateway counts wrong session IDs by: from a header that the proxy before Next.js
   * overwrites, because Next.js itself keeps what the client has sent. Default: none is told.
   */
  readonly clientAddress?: ClientAddress<{ readonly headers: Headers }> | undefined;
}

type RouteHandler<C> = (request: Request, context: C) => Promise<Response>;

export interface PortalBackend {
  readonly GET: (request: Request) => Promise<Response>;
  readonly POST: (request: Request) => Promise<Response>;
  /** For `proxy.ts`, on the pages that the portal sends users home to: leads them back in. Others see the page. */
  readonly comingBack: (request: Request) => Promise<Response | undefined>;
}

/** The route of your backend that leads whoever is signed in into the portal: `export const { GET } = portalBackend({ … })`. */
export function portalBackend(options: PortalBackendOptions): PortalBackend {
  const route = (request: Request) => leadIn(options, { own: request, web: request });
  return { GET: route, POST: route, comingBack: (request) => leadBack(options, { own: request, web: request }) };
}

/** The endpoint for `sessionTokenUrl`: `export const POST = sessionTokenRoute({ … })`. */
export function sessionTokenRoute(options: SessionTokenRouteOptions): (request: Request) => Promise<Response> {
  return (request) => giveToken(options, { own: request, web: request });
}

export interface PortalGate {
  /** All of `proxy.ts` (`middleware.ts` before Next.js 16): lets in who has a session, and sends home who has none. */
  readonly proxy: (request: Request, requirements?: Requirements) => Promise<Response>;
  /**
   * Who is there, in a page, a layout or a server action. Whoever has no session goes home; whoever lacks a permission gets
   * Next.js's `forbidden()`.
   */
  readonly user: (requirements?: Requirements) => Promise<PortalUser>;
  /** A route handler for whoever is there; a script without a session gets 401 as a problem. */
  readonly route: <C>(
    handler: (request: Request, user: PortalUser, context: C) => Response | Promise<Response>,
    requirements?: Requirements,
  ) => RouteHandler<C>;
}

/** The gate of a portal. */
export function withPortal(options: PortalOptions): PortalGate {
  const portal = new Portal(options);
  const addressOf = options.clientAddress ?? (() => undefined);
  const enter: Enter = async (request, requirements) => {
    try {
      return await portal.enter(incoming(request, addressOf(request)), requirements);
    } catch (error) {
      return { refusal: answerOf(error) };
    }
  };
  return {
    proxy: async (request, requirements = {}) =>
      portal.isForGateway(request) ? passOn(portal, request, addressOf(request)) : proxy(enter, request, requirements),
    user: userBy(portal, (headers) => believedOf(headers, addressOf({ headers }))),
    route: (handler, requirements) => async (request, context) => {
      const verdict = await enter(request, requirements);
      if ("refusal" in verdict) {
        return verdict.refusal;
      }
      const answer = await handler(request, verdict.user, context);
      // A copy: what a handler hands on from elsewhere may not be changed.
      const headers = new Headers(answer.headers);
      headers.set("cache-control", "private, no-store");
      return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
    },
  };
}

type Enter = (request: Request, requirements?: Requirements) => Promise<Verdict>;

/**
 * Next.js passes a request on, as `NextResponse.rewrite()` says it: with the headers of the browser, which `fetch` would
 * replace. Those that are not named here it leaves out.
 */
function passOn(portal: Portal, request: Request, clientAddress: string | undefined): Response {
  const refused = refusalOf(request);
  if (refused !== undefined) {
    return refused.answer;
  }
  const headers = passedOn(believedOf(request.headers, clientAddress));
  for (const name of FRAMING) {
    const value = request.headers.get(name);
    value !== null && headers.set(name, value);
  }
  const answer = new Response(null, { headers: { "x-middleware-rewrite": portal.gatewayAddress(request).href } });
  portal.clearedBy(request).forEach((one) => answer.headers.append("set-cookie", one));
  answer.headers.set("x-middleware-override-headers", [...headers.keys()].join(","));
  headers.forEach((value, name) => answer.headers.set(`x-middleware-request-${name}`, value));
  return answer;
}

/** By these Next.js reads the body that it passes on. */
const FRAMING = ["content-length", "transfer-encoding", "host"];

async function proxy(enter: Enter, request: Request, requirements: Requirements): Promise<Response> {
  const verdict = await enter(request, requirements);
  if ("refusal" in verdict) {
    const location = verdict.refusal.headers.get("location");
    // Next.js wants it whole here, and makes a path of it again.
    location !== null && verdict.refusal.headers.set("location", new URL(location, request.url).href);
    return verdict.refusal;
  }
  // As `NextResponse.next()` says it.
  const answer = new Response(null, { headers: { "x-middleware-next": "1" } });
  verdict.headers.forEach(([name, value]) => answer.headers.append(name, value));
  return answer;
}

/** Asks once for each request: Next.js makes its headers anew for every one, so no answer outlives its own. */
function userBy(portal: Portal, believed: (sent: Headers) => Headers): PortalGate["user"] {
  const asked = new WeakMap<Headers, Promise<PortalUser | Nobody>>();
  return async ({ permissions = [] } = {}) => {
    const sent = await (await import("next/headers.js")).headers();
    // Only for a request of somebody's: who is there is nothing to render beforehand, and the clock is not to be read there.
    await (await import("next/server.js")).connection?.();
    const isAsked = asked.get(sent) ?? portal.find(believed(sent), "/");
    asked.set(sent, isAsked);
    const found = await isAsked;
    const navigation = await import("next/navigation.js");
    if (!isUser(found)) {
      return found.home === undefined ? navigation.forbidden() : navigation.redirect(withPath(found.home, pageOf(sent)));
    }
    return found.can(...permissions) ? found : navigation.forbidden();
  };
}

const isUser = (found: PortalUser | Nobody): found is PortalUser => "can" in found;

/** The page that a server action was called on; a page itself does not know its own address. */
function pageOf(sent: Headers): string | undefined {
  const referrer = sent.get("referer");
  if (!sent.has("next-action") || referrer === null || !URL.canParse(referrer)) {
    return undefined;
  }
  const { host, pathname, search } = new URL(referrer);
  return host === sent.get("host") ? safePath(pathname + search) : undefined;
}
