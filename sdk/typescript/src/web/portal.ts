// The portal's side: who is there, whether they may, and the way home for whoever is not. The one place that knows both
// ways of learning it: a proxy before the portal has asked already, or this server asks the gateway as a proxy would.

import { authorizationIn, type Authorization } from "../authorization.js";
import { UnexpectedAnswerError, VestibuleError } from "../errors.js";
import { isNavigation, outage, redirect, told } from "./answers.js";
import type { Chunks } from "./body.js";
import { Gateway, relayed, type GatewayOptions, type Send } from "./gateway.js";
import { forgetting, rememberedIn, sendHome, type Nobody } from "./home.js";
import { Refused } from "./incoming.js";
import { withoutSessionIds } from "./path.js";
import { holds } from "./permissions.js";

const STRAY_ID =
  'vestibule: a session ID came to a page behind withPortal, where nobody exchanges it. Set landing = "hosted" for the portal ' +
  "in the gateway's configuration, or let a page before the gate exchange it.";

export interface PortalOptions extends GatewayOptions {
  /** The portal's slug. */
  readonly slug: string;
  /**
   * Whether a proxy before this server has asked the gateway, so that its `Portal-*` headers are to be believed. Only where
   * nobody reaches this server but through that proxy. Default: no, and the headers count for nothing.
   */
  readonly trustProxy?: boolean | undefined;
  /** The path of the portal's `url`, where people arrive; default `/`. */
  readonly entry?: string | undefined;
}

/** Who is there. */
export interface PortalUser extends Authorization {
  /** Whether they hold all of these permissions, by the gateway's rule. */
  can(...permissions: string[]): boolean;
}

export interface Requirements {
  /** All must be held; else 403. */
  readonly permissions?: readonly string[] | undefined;
}

/** Somebody is there, and these headers belong on what they get; or they are refused, by this answer. */
export type Verdict =
  | { readonly user: PortalUser; readonly headers: readonly (readonly [string, string])[] }
  | { readonly refusal: Response };

export class Portal {
  readonly #options: PortalOptions;
  readonly #gateway: Gateway;
  #warned = false;

  constructor(options: PortalOptions, send?: Send) {
    this.#options = options;
    this.#gateway = new Gateway(options, send);
  }

  /** Whether a request is for the gateway, which no proxy before this server has passed on. */
  isForGateway(request: Request): boolean {
    return this.#gateway.owns(new URL(request.url).pathname);
  }

  /** The gateway's answer to a request for it. */
  passOn(request: Request, chunks: Chunks | null): Promise<Response> {
    const failed = (error: unknown) => (error instanceof Refused ? error.answer : outage(request.method, request.headers));
    return this.#gateway.passOn(request, chunks).catch(failed);
  }

  /** Where the gateway has what a request for it asks for. */
  gatewayAddress(request: Request): URL {
    return this.#gateway.addressOf(request);
  }

  /** Whether a request may go on. */
  async enter(request: Request, { permissions = [] }: Requirements = {}): Promise<Verdict> {
    const { method, headers } = request;
    const path = this.#pathOf(request);
    try {
      if (isNavigation(method, headers)) {
        const found = await this.find(headers, path);
        return "can" in found ? this.#judge(found, permissions, request) : { refusal: sendHome(found, request) };
      }
      const trusted = this.#told(headers);
      if (trusted !== undefined) {
        return this.#judge(trusted, permissions, request);
      }
      const answer = await this.#gateway.ask(this.#query(), method, path, headers);
      // The gateway knows what the libraries in pages understand.
      return answer.status === 200 ? this.#judge(userIn(answer.headers), permissions, request) : { refusal: relayed(answer) };
    } catch (error) {
      if (error instanceof VestibuleError && !(error instanceof UnexpectedAnswerError)) {
        throw error;
      }
      console.error("vestibule: nobody can be let in, for the gateway does not say who is there.", error);
      return { refusal: outage(method, headers) };
    }
  }

  /** Who is there, for code that cannot answer by itself. Throws in an outage. */
  async find(headers: Headers, path: string): Promise<PortalUser | Nobody> {
    const trusted = this.#told(headers);
    if (trusted !== undefined) {
      return trusted;
    }
    // Node's `fetch` says by itself that no navigation waits, so the gateway cannot redirect here.
    const query = this.#query();
    query.set("deny", "status");
    const answer = await this.#gateway.ask(query, "GET", path, headers);
    if (answer.status === 200) {
      return userIn(answer.headers);
    }
    await answer.body?.cancel();
    if (answer.status !== 401 && answer.status !== 403) {
      throw new Error(`The gateway answered ${answer.status}: nobody knows who is there.`);
    }
    return { status: answer.status, home: answer.headers.get("portal-redirect") ?? undefined };
  }

  #told(headers: Headers): PortalUser | undefined {
    return this.#options.trustProxy === true && headers.get("portal-session-id") ? userIn(headers) : undefined;
  }

  /** A link that nobody here can take would send its user home for ever: the developer is told why. */
  #pathOf(request: Request): string {
    const { pathname, search } = new URL(request.url);
    const path = withoutSessionIds(pathname + search);
    if (path !== pathname + search && !this.#warned) {
      this.#warned = true;
      console.warn(STRAY_ID);
    }
    return path;
  }

  #query(): URLSearchParams {
    return new URLSearchParams({ slug: this.#options.slug });
  }

  #judge(user: PortalUser, permissions: readonly string[], request: Request): Verdict {
    const { method, headers } = request;
    if (!user.can(...permissions)) {
      return { refusal: forbidden(method, headers) };
    }
    // No cache between may keep what one user got for the next.
    const always = [["cache-control", "private, no-store"]] as const;
    const remembered = isNavigation(method, headers) && method === "GET" ? rememberedIn(headers) : undefined;
    if (remembered === undefined) {
      return { user, headers: always };
    }
    const url = new URL(request.url);
    const forget = ["set-cookie", forgetting(url)] as const;
    const hasArrived = url.pathname === (this.#options.entry ?? "/") && remembered !== url.pathname + url.search;
    return hasArrived ? { refusal: redirect(remembered, [forget]) } : { user, headers: [...always, forget] };
  }
}

export const forbidden = (method: string, headers: Headers) =>
  told(method, headers, { status: 403, words: "You may not see this." });

function userIn(headers: Headers): PortalUser {
  const found = authorizationIn(headers);
  return { ...found, can: (...permissions) => holds(found.permissions, permissions) };
}
