// The client of a cookie portal: who is there, from the link that led here or from the cookie, until the gateway says
// that it is over. Nothing but the gateway's own 401 ends a session here: an outage is none.

import { withDates, type EndedSession, type PortalSession } from "../types.js";
import { Attempts } from "./attempts.js";
import { CLOSED, refusalOf, retryAfterMs, type CallFailedError, type ClientStatus, type InitialState } from "./client.js";
import { Entrance } from "./entrance.js";
import type { Channel, Environment } from "./environment.js";
import { IssuedTokens } from "./issued_tokens.js";
import type { Expired, PortalClient, PortalClientOptions } from "./portal.js";
import { PageClient } from "./page_client.js";
import { claimsOf } from "./minting.js";
import { patiently } from "./patience.js";
import { isOver, portalCalls, type PortalCall } from "./portal_calls.js";
import { isOfTheWeb, mayGoHome, pathAt } from "./way_home.js";

/** After an answer nobody asks again because somebody looks at the page. */
const FRESH_MS = 2_000;
/** After a life's end by this clock, so that the gateway's clock has come to it too. */
const AFTER_END_MS = 1_000;

interface Exchanged {
  readonly session: unknown;
  readonly path?: string;
}

export function startPortalClient(options: PortalClientOptions, environment: Environment): PortalClient {
  return new Client(options, environment);
}

class Client extends PageClient implements PortalClient {
  status: ClientStatus = "loading";
  session: PortalSession | undefined;
  redirectUrl: string | undefined;
  error: unknown;
  readonly initial: InitialState;
  readonly #options: PortalClientOptions;
  /** None in a client that is closed from the start. */
  readonly #entrance: Entrance | undefined;
  readonly #call: PortalCall;
  readonly #tokens: IssuedTokens;
  readonly #attempts: Attempts;
  readonly #channel: Channel | undefined;
  /** Beyond a sign-out: the page may still show what is theirs. */
  #user: string | undefined;
  #looking: Promise<unknown> | undefined;
  #endMs = Infinity;
  #answeredMs = -Infinity;
  /** What was asked before a logout says nothing after it. */
  #logouts = 0;

  constructor(options: PortalClientOptions, environment: Environment) {
    super(environment, environment.page);
    const { url, slug, sessionParameter = "session", session } = options;
    // Before anything else: the ID leaves the address bar.
    this.#entrance = environment.page && new Entrance(environment.page, slug, sessionParameter);
    this.#options = options;
    this.#call = portalCalls(environment.fetch, url, slug);
    this.#tokens = new IssuedTokens(() => this.#call("getToken"), () => this.now());
    this.#attempts = new Attempts(environment.random);
    this.#channel = this.#entrance && environment.channel(`vestibule/${slug}`);
    if (this.#channel !== undefined) {
      // What is in flight was asked before.
      this.#channel.onmessage = async () => {
        await this.#looking;
        await this.#look();
      };
    }
    if (session !== undefined) {
      this.#found(session, this.pageBornMs());
    }
    this.initial = { status: this.status, session };
    if (session === undefined || this.#entrance?.ticket) {
      void this.#look();
    }
  }

  get path(): string | undefined {
    return this.#entrance?.path;
  }

  get secondsLeft(): number | undefined {
    return this.secondsUntil(this.#endMs);
  }

  async getSession(): Promise<PortalSession> {
    const error = await this.#look();
    this.#refuse();
    if (error !== undefined) {
      throw error;
    }
    return this.session!;
  }

  async getToken(): Promise<string> {
    await this.#looking;
    this.#refuse();
    let token = await this.#issued();
    if (!this.#isOurs(token)) {
      // Another session has begun in this browser: it may be another user's.
      this.#tokens.forget();
      await this.getSession();
      token = await this.#issued();
    }
    if (!this.#isOurs(token)) {
      throw new Error("The token is another session's.");
    }
    return token;
  }

  #issued(): Promise<string> {
    return this.#tokens.get().catch((error: unknown) => {
      if (isOver(error)) {
        this.#over(error);
        this.#refuse();
      }
      throw error;
    });
  }

  #isOurs(token: string): boolean {
    return claimsOf(token)["jti"] === this.session?.id;
  }

  async end(): Promise<EndedSession> {
    await this.#looking;
    const call = () => this.#call<EndedSession>("endSession", { method: "POST" });
    const { returnUrl } = await patiently(call).catch((error: unknown): EndedSession => {
      if (!isOver(error)) {
        throw error;
      }
      return this.session ?? {};
    });
    this.#logouts += 1;
    this.redirectUrl = [returnUrl].find(isOfTheWeb);
    this.#signedOut();
    this.#tellTabs();
    return { returnUrl: this.redirectUrl } as EndedSession;
  }

  override close(): void {
    super.close();
    this.#channel?.close();
  }

  #refuse(): void {
    if (this.closed) {
      throw new Error(CLOSED);
    }
    const refusal = refusalOf(this.status);
    if (refusal !== undefined) {
      throw refusal;
    }
  }

  protected woke(): void {
    const nowMs = this.now();
    this.#attempts.woke(nowMs);
    if (nowMs >= this.#answeredMs + FRESH_MS && nowMs >= this.#attempts.allowedAtMs()) {
      void this.#look();
    }
  }

  /** Asks the gateway; answers the error, where there is one that says nothing about the session. */
  #look(): Promise<unknown> {
    if (this.closed || this.status === "user_changed") {
      return Promise.resolve();
    }
    this.#looking ??= this.#askOnce(this.#entrance!);
    return this.#looking;
  }

  #askOnce(entrance: Entrance): Promise<unknown> {
    const logouts = this.#logouts;
    const askedMs = this.now();
    this.#attempts.begin(askedMs);
    return this.#ask(entrance)
      .then(
        (session) => logouts === this.#logouts && this.#found(session, askedMs),
        (error: unknown) => logouts === this.#logouts && this.#failed(error),
      )
      .finally(() => (this.#looking = undefined))
      .then(() => this.error);
  }

  async #ask(entrance: Entrance): Promise<PortalSession> {
    const { ticket } = entrance;
    if (ticket) {
      try {
        const data = await entrance.exchange(ticket, (init) => this.#call<Exchanged>("exchangeSession", init));
        entrance.done(ticket, pathAt(this.environment.origin!, data.path));
        this.#tellTabs();
        return withDates(data.session);
      } catch (error) {
        // Used or over. Who is signed in already may stay: they have come back to an old link.
        if (!isOver(error)) {
          throw error;
        }
        entrance.done(ticket);
      }
    }
    return withDates(await this.#call("getSession"));
  }

  #found(session: PortalSession, askedMs: number): void {
    const { expiresIn, expiresAt, idleExpiresAt = expiresAt } = session;
    this.#attempts.succeeded();
    this.#answeredMs = this.now();
    this.error = undefined;
    this.#user ??= session.externalId;
    if (this.#user !== session.externalId) {
      this.#turn("user_changed");
      return;
    }
    if (this.session?.id !== session.id) {
      this.#tokens.forget();
    }
    this.session = session;
    // Where there is an idle time-out: both are times of one clock, the gateway's.
    const idleEarlierMs = Number(new Date(expiresAt)) - Number(new Date(idleExpiresAt));
    this.#endMs = askedMs + expiresIn * 1000 - Math.max(0, idleEarlierMs);
    this.#lookAt(this.#endMs + AFTER_END_MS);
    this.#turn("ready");
  }

  #failed(error: unknown): void {
    const nowMs = this.now();
    if (isOver(error)) {
      this.error = undefined;
      this.#answeredMs = nowMs;
      this.#over(error);
      return;
    }
    this.error = error;
    this.#attempts.failed(nowMs, retryAfterMs(error));
    this.#lookAt(this.#attempts.allowedAtMs());
    // Who is there stays there, as far as anybody knows.
    if (this.status === "loading" || nowMs >= this.#endMs) {
      this.#turn("failing");
    }
  }

  #over(error: CallFailedError): void {
    const wasOut = this.status === "signed_out";
    this.redirectUrl = [error.redirectUrl, this.session?.returnUrl, this.redirectUrl].find(isOfTheWeb);
    this.#signedOut();
    if (this.closed || wasOut) {
      return;
    }
    const { page, wall } = this.environment;
    const redirectUrl = mayGoHome(page!, this.#options.slug, wall()) ? this.redirectUrl : undefined;
    const goHome = ({ redirectUrl: home }: Expired) => home !== undefined && page!.leaveFor(home);
    this.guarded(() => (this.#options.onExpired ?? goHome)({ redirectUrl }));
  }

  #signedOut(): void {
    this.#attempts.succeeded();
    this.#lookAt(Infinity);
    this.#tokens.forget();
    this.#endMs = Infinity;
    this.session = undefined;
    this.#turn("signed_out");
  }

  #tellTabs(): void {
    if (!this.closed) {
      this.#channel?.postMessage("look");
    }
  }

  #lookAt(atMs: number): void {
    this.plan(atMs, async () => {
      await this.#look();
      // To be asked after is to be used. Tabs that know the same end do not keep an idle session alive in turn.
      if (this.status === "ready" && this.error === undefined) {
        this.#tellTabs();
      }
    });
  }

  #turn(status: ClientStatus): void {
    this.status = status;
    this.changed();
  }
}
