// For Hono, on every run-time that it has: the backend's routes, and the portal's gate.

import { chunksOf } from "./web/body.js";
import { leadBack, leadIn, type PortalBackendOptions } from "./web/backend_route.js";
import { answerOf, incoming, type ClientAddress } from "./web/incoming.js";
import { forbidden, Portal, type PortalOptions as Options, type PortalUser, type Verdict } from "./web/portal.js";
import { giveToken, type SessionTokenRouteOptions } from "./web/token_route.js";

export type { PortalBackendOptions } from "./web/backend_route.js";
export type { PortalUser } from "./web/portal.js";
export type { SessionTokenRouteOptions } from "./web/token_route.js";

/** What is used of Hono's own context. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
  readonly env?: unknown;
  readonly res: Response;
  header(name: string, value: string, options?: { append?: boolean }): void;
}

export interface PortalOptions extends Options {
  /**
   * The address of who asks, which the gateway counts wrong session IDs by. Default: that of the connection, where
   * `@hono/node-server` tells it. Behind a proxy or on another run-time: what that one vouches for.
   */
  readonly clientAddress?: ClientAddress<HonoContext> | undefined;
}

type Route<C> = (context: C) => Promise<Response>;
type Middleware<C> = (context: C, next: () => Promise<void>) => Promise<Response | void>;

export interface PortalBackend<C> extends Route<C> {
  /** For the pages that the portal sends users home to: leads them back in. All other visitors see the page. */
  readonly comingBack: Middleware<C>;
}

/** The route of your backend that leads whoever is signed in into the portal: `app.get("/portal", portalBackend({ … }))`. */
export function portalBackend<C extends HonoContext = HonoContext>(options: PortalBackendOptions<C>): PortalBackend<C> {
  const asked = (own: C) => ({ own, web: own.req.raw });
  const route: Route<C> = (context) => leadIn(options, asked(context));
  const comingBack: Middleware<C> = async (context, next) => (await leadBack(options, asked(context))) ?? next();
  return Object.assign(route, { comingBack });
}

/** The endpoint for `sessionTokenUrl`: `app.post("/api/session-token", sessionTokenRoute({ … }))`. */
export function sessionTokenRoute<C extends HonoContext = HonoContext>(options: SessionTokenRouteOptions<C>): Route<C> {
  return (own) => giveToken(options, { own, web: own.req.raw });
}

export interface PortalGate extends Middleware<HonoContext> {
  /** Who is there, behind the gate. */
  user(context: HonoContext): PortalUser;
  /** For one route: 403 for whoever lacks one of these permissions. */
  requires(...permissions: string[]): Middleware<HonoContext>;
}

/** The gate of a portal: `app.use(withPortal({ … }))`, after what is public. */
export function withPortal(options: PortalOptions): PortalGate {
  const portal = new Portal(options);
  const { clientAddress = connectedFrom } = options;
  const users = new WeakMap<HonoContext, PortalUser>();
  const judge = async (context: HonoContext): Promise<Verdict | Response> => {
    const { raw } = context.req;
    const request = incoming(raw, clientAddress(context));
    return portal.isForGateway(request) ? portal.passOn(request, raw.body && chunksOf(raw.body)) : portal.enter(request);
  };
  const gate: Middleware<HonoContext> = async (context, next) => {
    const verdict = await judge(context).catch(answerOf);
    if (verdict instanceof Response) {
      return verdict;
    }
    if ("refusal" in verdict) {
      return verdict.refusal;
    }
    users.set(context, verdict.user);
    await next();
    // Only now: a handler's own `Response` has none of what was set before. What has changed its protocol cannot be copied.
    if (context.res.status !== 101) {
      verdict.headers.forEach(([name, value]) => context.header(name, value, { append: name === "set-cookie" }));
    }
    return undefined;
  };
  const user = (context: HonoContext) => {
    const found = users.get(context);
    if (found === undefined) {
      throw new Error("This route is not behind the portal's gate: app.use(withPortal({ … })) has to come first.");
    }
    return found;
  };
  const requires =
    (...permissions: string[]): Middleware<HonoContext> =>
    async (context, next) =>
      user(context).can(...permissions) ? next() : forbidden(context.req.raw.method, context.req.raw.headers);
  return Object.assign(gate, { user, requires });
}

function connectedFrom({ env }: HonoContext): string | undefined {
  const { incoming: sent } = (env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
  return sent?.socket?.remoteAddress;
}
