// The portal's side: who is there, whether they may, and the way home for whoever is not. The one place that knows both
// ways of learning it: a proxy before the portal has asked already, or this server asks the gateway as a proxy would.

import { authorizationIn, type Authorization } from "../authorization.js";
import { VestibuleError } from "../errors.js";
import { isNavigation, isOutage, isPrefetch, outage, redirect, told } from "./answers.js";
import type { Chunks } from "./body.js";
import { Gateway, type GatewayOptions, type Send } from "./gateway.js";
import { countingAnew, sendHome, type Nobody } from "./home.js";
import { Refused } from "./incoming.js";
import { holdsCredential, isOrdinary } from "./path.js";
import { holds } from "./permissions.js";
import { refusalIn } from "./refusals.js";
import { forgetting, rememberedIn } from "./remembered.js";
import { trustedIn } from "./trusted.js";

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
  async passOn(request: Request, chunks: Chunks | null): Promise<Response> {
    const failed = (error: unknown) => (error instanceof Refused ? error.answer : outage(request.method, request.headers));
    const answer = await this.#gateway.passOn(request, chunks).catch(failed);
    this.clearedBy(request).forEach((one) => answer.headers.append("set-cookie", one));
    return answer;
  }

  /** The cookies that a request to the gateway ends: after a logout the next user begins anew. */
  clearedBy({ url: address, headers }: Request): readonly string[] {
    const url = new URL(address);
    const isLogout = url.pathname === "/v2/portal.endSession";
    const { slug } = this.#options;
    return isLogout && rememberedIn(slug, headers) !== undefined ? [forgetting(slug, url)] : [];
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
        return "can" in found ? this.#judge(found, permissions, request) : { refusal: sendHome(this.#options.slug, found, request) };
      }
      const trusted = this.#told(headers);
      if (trusted !== undefined) {
        return this.#judge(trusted, permissions, request);
      }
      const answer = await this.#gateway.ask(this.#query(), method, path, headers);
      // The gateway knows what the libraries in pages understand.
      if (answer.status !== 200) {
        return { refusal: await refusalIn(answer, headers) };
      }
      return this.#judge(userIn(answer.headers), permissions, request);
    } catch (error) {
      if (error instanceof VestibuleError && !isOutage(error)) {
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
    const { status, body, headers: told } = await refusalIn(answer, headers);
    await body?.cancel();
    if (status !== 401 && status !== 403) {
      throw new Error(`The gateway answered ${status}: nobody knows who is there.`);
    }
    const home = told.get("portal-redirect") ?? "";
    return { status, home: /^https?:/.test(home) ? home : undefined };
  }

  #told(headers: Headers): PortalUser | undefined {
    const { trustProxy, slug } = this.#options;
    const found = trustProxy === true ? trustedIn(headers, slug, Date.now()) : undefined;
    return found && userOf(found);
  }

  /** A link that nobody here can take would send its user home for ever: the developer is told why. */
  #pathOf(request: Request): string {
    const { pathname, search } = new URL(request.url);
    const path = pathname + search;
    // Nobody is led back to it, and nobody has proved who they are yet: it is not worth reading.
    if (!isOrdinary(path)) {
      return "/";
    }
    if (!holdsCredential(path)) {
      return path;
    }
    if (!this.#warned) {
      this.#warned = true;
      console.warn(STRAY_ID);
    }
    return "/";
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
    return isNavigation(method, headers) && method === "GET" ? this.#arrive(user, request, always) : { user, headers: always };
  }

  /** A person sees a page: what led them here is used up. */
  #arrive(user: PortalUser, request: Request, always: readonly (readonly [string, string])[]): Verdict {
    const { method, headers } = request;
    const url = new URL(request.url);
    const { slug, entry = "/" } = this.#options;
    const remembered = rememberedIn(slug, headers);
    const path = remembered?.path;
    const goesOn = path !== undefined && url.pathname === entry && path !== url.pathname + url.search;
    if (isPrefetch(headers)) {
      // Nobody is there yet. Whoever comes asks again.
      return goesOn ? { refusal: outage(method, headers) } : { user, headers: always };
    }
    const cleared = [countingAnew(slug, headers, url), remembered && forgetting(slug, url)].filter((one) => one !== undefined);
    const cookies = cleared.map((one) => ["set-cookie", one] as const);
    return goesOn ? { refusal: redirect(path, cookies) } : { user, headers: [...always, ...cookies] };
  }
}

export const forbidden = (method: string, headers: Headers) =>
  told(method, headers, { status: 403, words: "You may not see this." });

const userIn = (headers: Headers) => userOf(authorizationIn(headers));

function userOf(found: Authorization): PortalUser {
  return { ...found, can: (...permissions) => holds(found.permissions, permissions) };
}
