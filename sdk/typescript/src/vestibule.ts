// The client of a server: a backend that creates sessions, or a portal that asks who is there.
// Never for a browser: it holds the root key.

import { authorizationIn, type Authorization } from "./authorization.js";
import { Backend } from "./backend.js";
import { VestibuleError } from "./errors.js";
import { gatewayAddress } from "./gateway_address.js";
import { Sessions, SessionTokens } from "./sessions.js";
import { Transport, type CallOptions } from "./transport.js";
import { withDates, type EndedSession, type ExchangedSession, type IssuedToken, type PortalSession } from "./types.js";

export interface VestibuleOptions {
  /** Where the gateway is, such as `https://sessions.example.com`; default: the environment's `VESTIBULE_URL`. */
  readonly url?: string | undefined;
  /** For what a backend does. A portal that only asks who is there needs none. */
  readonly rootKey?: string | undefined;
  /** The portal's slug, where a call names none. */
  readonly portal?: string | undefined;
  /** Those of a new session, where a call names none. */
  readonly permissions?: readonly string[] | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** For each try; default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Tries after the first one, where a repeat does no harm; default 2. */
  readonly retries?: number | undefined;
}

/**
 * What a portal's user presents: the token (also as a text alone), or the `Cookie` header of the browser's request with its
 * `Origin`, if it has one.
 */
export type Credential =
  | string
  | { readonly token: string }
  | { readonly cookie: string; readonly origin?: string | undefined };

export interface PortalCallOptions extends CallOptions {
  /** The portal whose cookie is meant; default: the client's. */
  readonly slug?: string | undefined;
}

export interface ExchangeOptions extends CallOptions {
  /** Makes a repeat answer the same session; default: a random one for each call. */
  readonly idempotencyKey?: string | undefined;
}

export interface AuthorizeOptions extends PortalCallOptions {
  /** All must be held. */
  readonly permissions?: readonly string[] | undefined;
}

export class Vestibule {
  readonly sessions: Sessions;
  readonly sessionTokens: SessionTokens;
  readonly #transport: Transport;
  readonly #portal: string | undefined;

  constructor(options: VestibuleOptions = {}) {
    refuseInPages();
    const { timeoutMs = 10_000, retries = 2 } = options;
    const own = options.fetch ?? ((input: string | URL | Request, init?: RequestInit) => fetch(input, init));
    this.#transport = new Transport({ url: gatewayAddress(options.url), fetch: own, timeoutMs, retries });
    this.#portal = options.portal;
    const backend = new Backend(this.#transport, options);
    this.sessions = new Sessions(backend);
    this.sessionTokens = new SessionTokens(backend);
  }

  /** Spends a session ID for a portal on a server. Repeats carry the same `Idempotency-Key`: none locks the user out. */
  async exchange(sessionId: string, options: ExchangeOptions = {}): Promise<ExchangedSession> {
    const headers = { "idempotency-key": options.idempotencyKey ?? crypto.randomUUID() };
    const body = { sessionId };
    const answer = await this.#transport.send(
      { method: "POST", verb: "exchangeSession", headers, body, repeat: "harmless" },
      options,
    );
    const exchanged = withDates<ExchangedSession>(answer.data);
    return { ...exchanged, session: withDates(exchanged.session) };
  }

  /** Who is there. Throws `PortalSessionNotFoundError` for a session that is over. */
  async getSession(credential: Credential, options: PortalCallOptions = {}): Promise<PortalSession> {
    return withDates(await this.#ask("getSession", credential, options));
  }

  /** A signed token of a few minutes, with which the session's user calls APIs of yours. */
  async getToken(credential: Credential, options: PortalCallOptions = {}): Promise<IssuedToken> {
    return withDates(await this.#ask("getToken", credential, options));
  }

  /** Logs the user out. With a cookie, the gateway wants the `origin` of the browser's request. */
  async endSession(credential: Credential, options: PortalCallOptions = {}): Promise<EndedSession> {
    const verb = `endSession${this.#query(options)}`;
    // A repeat would find no session any more, and read as a failure.
    const call = { method: "POST", verb, headers: presented(credential), body: {}, repeat: "doubles" } as const;
    return (await this.#transport.send(call, options)).data as EndedSession;
  }

  /** Who is there, if they hold the permissions; else throws `InsufficientPermissionsError`. */
  async authorize(credential: Credential, options: AuthorizeOptions = {}): Promise<Authorization> {
    const asked = (options.permissions ?? []).map((permission): [string, string] => ["permission", permission]);
    const verb = `authorize${this.#query(options, [["deny", "status"], ...asked])}`;
    const call = { method: "GET", verb, headers: presented(credential), repeat: "harmless", answersInHeaders: true } as const;
    return authorizationIn((await this.#transport.send(call, options)).headers);
  }

  async #ask(verb: string, credential: Credential, options: PortalCallOptions): Promise<unknown> {
    const call = { method: "GET", headers: presented(credential), repeat: "harmless" } as const;
    return (await this.#transport.send({ ...call, verb: `${verb}${this.#query(options)}` }, options)).data;
  }

  #query(options: PortalCallOptions, further: [string, string][] = []): string {
    const slug = options.slug ?? this.#portal;
    const query = new URLSearchParams(slug === undefined ? further : [["slug", slug], ...further]);
    return query.size === 0 ? "" : `?${query}`;
  }
}

function presented(credential: Credential): Record<string, string> {
  if (typeof credential === "string" || "token" in credential) {
    return { authorization: `Bearer ${typeof credential === "string" ? credential : credential.token}` };
  }
  const { cookie, origin } = credential;
  return origin === undefined ? { cookie } : { cookie, origin };
}

function refuseInPages(): void {
  if (typeof document !== "undefined") {
    throw new VestibuleError("This client is for servers: a root key in a page is everybody's. Use @vestibule/sdk/browser.");
  }
}
