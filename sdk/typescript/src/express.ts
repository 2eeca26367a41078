// For Express, and all that takes middleware of its kind: the backend's routes, and the portal's gate.

import { leadBack, leadIn, type PortalBackendOptions } from "./web/backend_route.js";
import { answerOf } from "./web/incoming.js";
import { send, sendByNode, webRequest, type NodeRequest, type NodeResponse } from "./web/node.js";
import { forbidden, Portal, type PortalOptions, type PortalUser } from "./web/portal.js";
import { giveToken, type SessionTokenRouteOptions } from "./web/token_route.js";

export type { PortalBackendOptions } from "./web/backend_route.js";
export type { PortalOptions, PortalUser } from "./web/portal.js";
export type { SessionTokenRouteOptions } from "./web/token_route.js";

type Next = (error?: unknown) => void;
/** What `app.use` and `app.get` take. */
export type Handler<R> = (request: R, response: NodeResponse, next: Next) => void;

export interface PortalBackend<R> extends Handler<R> {
  /** For the pages that the portal sends users home to: leads them back in. All other visitors see the page. */
  readonly comingBack: Handler<R>;
}

/** The route of your backend that leads whoever is signed in into the portal: `app.get("/portal", portalBackend({ … }))`. */
export function portalBackend<R extends NodeRequest>(options: PortalBackendOptions<R>): PortalBackend<R> {
  const asked = (own: R) => ({ own, web: webRequest(own) });
  const route = handler<R>((request) => leadIn(options, asked(request)));
  return Object.assign(route, { comingBack: handler<R>((request) => leadBack(options, asked(request))) });
}

/** The endpoint for `sessionTokenUrl`: `app.post("/api/session-token", sessionTokenRoute({ … }))`. */
export function sessionTokenRoute<R extends NodeRequest>(options: SessionTokenRouteOptions<R>): Handler<R> {
  return handler((own) => giveToken(options, { own, web: webRequest(own) }));
}

export interface PortalGate extends Handler<NodeRequest> {
  /** Who is there, behind the gate. */
  user(request: NodeRequest): PortalUser;
  /** The same for one route: 403 for whoever lacks one of these permissions. */
  requires(...permissions: string[]): Handler<NodeRequest>;
}

/** The gate of a portal: `app.use(withPortal({ … }))`, after what is public. */
export function withPortal(options: PortalOptions): PortalGate {
  const portal = new Portal(options, sendByNode);
  const users = new WeakMap<NodeRequest, PortalUser>();
  const gate = handler<NodeRequest>(async (request, response) => {
    const web = webRequest(request);
    if (portal.isForGateway(web)) {
      return portal.passOn(web, request);
    }
    const verdict = await portal.enter(web);
    if ("refusal" in verdict) {
      return verdict.refusal;
    }
    users.set(request, verdict.user);
    verdict.headers.forEach(([name, value]) => response.appendHeader(name, value));
    return undefined;
  });
  const user = (request: NodeRequest) => {
    const found = users.get(request);
    if (found === undefined) {
      throw new Error("This route is not behind the portal's gate: app.use(withPortal({ … })) has to come first.");
    }
    return found;
  };
  const requires = (...permissions: string[]) =>
    handler<NodeRequest>(async (request) => {
      const { method, headers } = webRequest(request);
      return user(request).can(...permissions) ? undefined : forbidden(method, headers);
    });
  return Object.assign(gate, { user, requires });
}

function handler<R extends NodeRequest>(answer: (request: R, response: NodeResponse) => Promise<Response | undefined>): Handler<R> {
  return (request, response, next) => {
    const finish = (found: Response | undefined) => (found === undefined ? next() : send(found, response));
    // What throws at once rejects, too.
    Promise.resolve().then(() => answer(request, response)).catch(answerOf).then(finish).catch(next);
  };
}
