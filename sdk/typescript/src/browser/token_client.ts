// The shell around the renewal: runs its effects in a browser, and gives the page its token.

import { CLOSED, refusalOf, type ClientStatus, type InitialState } from "./client.js";
import type { Environment } from "./environment.js";
import { claimsOf, fetchFrom, held, mint, type FetchToken, type TokenAnswer } from "./minting.js";
import { PageClient } from "./page_client.js";
import { Renewal, type Effect, type RenewalEvent } from "./renewal.js";
import { Tabs } from "./tabs.js";

export interface TokenClientOptions {
  /** Your backend's endpoint, which answers `{ token, expiresIn }` to a POST, and 401 if nobody is signed in. */
  readonly sessionTokenUrl?: string | URL | undefined;
  /** In place of `sessionTokenUrl`. */
  readonly fetchToken?: FetchToken | undefined;
  /**
   * One to begin with, such as from the page that the backend has rendered. With neither of the two above it is all that
   * there is: nothing renews it.
   */
  readonly token?: TokenAnswer | string | undefined;
  /** Where `fetch` goes: a token of a test key to one, of a live key to the other. */
  readonly apis?: { readonly test: string; readonly live: string } | undefined;
  /** Tabs with the same name share a token; default: `sessionTokenUrl`. */
  readonly name?: string | undefined;
}

export interface TokenClient {
  /** For the first render of a page that a server has rendered. */
  readonly initial?: InitialState;
  readonly status: ClientStatus;
  /** To show; for requests there is `getToken`. */
  readonly token: string | undefined;
  /** Of the token's life; undefined without a token, and where nothing tells its life. */
  readonly secondsLeft: number | undefined;
  /** One that holds when a request with it arrives. Rejects when nobody is signed in, and while there is none to be had. */
  getToken(): Promise<string>;
  /** With the token, to the API of its environment; without `apis`, to this origin alone. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** At each change of `status` and each new token. Answers what ends it. */
  subscribe(listener: () => void): () => void;
  close(): void;
}

/** Seconds; the gateway gives none shorter. */
const SHORTEST_LIFE = 60;

const nothingRenews: FetchToken = () => Promise.reject(new Error("Nothing renews the token."));

export function startTokenClient(options: TokenClientOptions, environment: Environment): TokenClient {
  return new Client(options, environment);
}

class Client extends PageClient implements TokenClient {
  readonly initial: InitialState;
  readonly #apis: TokenClientOptions["apis"];
  readonly #fetchToken: FetchToken;
  readonly #renewal: Renewal;
  readonly #tabs: Tabs;
  /** Of those who wait until something happens. */
  #waiters: (() => void)[] = [];
  #error: unknown = new Error("No token yet.");

  constructor(options: TokenClientOptions, environment: Environment) {
    super(environment, environment.origin);
    const { sessionTokenUrl: url, apis } = options;
    const fetchToken = options.fetchToken ?? (url === undefined ? undefined : fetchFrom(url, environment.fetch));
    const given = typeof options.token === "string" ? { token: options.token } : options.token;
    if (fetchToken === undefined && given === undefined) {
      throw new TypeError("Give sessionTokenUrl, fetchToken or token.");
    }
    this.#apis = apis;
    this.#fetchToken = fetchToken ?? nothingRenews;
    this.#renewal = new Renewal(environment.random);
    // What nobody renews is no other tab's: nobody else has this name.
    const name = fetchToken === undefined ? environment.random() : (options.name ?? url ?? "token");
    const knowledge = () => this.#renewal.knowledge(this.now());
    this.#tabs = new Tabs(`vestibule:${name}`, environment, knowledge, (event) => this.#feed(event));
    // It is as old as the page, at most. Where nothing renews it, it is as new as this client.
    const [bornMs, unknownLife] = fetchToken === undefined ? [this.now(), Infinity] : [this.pageBornMs(), SHORTEST_LIFE];
    const first: RenewalEvent = given === undefined ? { type: "look" } : { type: "given", token: held(given, bornMs, unknownLife) };
    if (this.closed) {
      // A server shows what it was given, and does nothing for it.
      this.#renewal.step(first, this.now());
    }
    this.#feed(first);
    this.initial = { status: this.status, token: this.token };
  }

  get status(): ClientStatus {
    const { phase } = this.#renewal;
    if (phase === "signed_out" || phase === "user_changed") {
      return phase;
    }
    const fails = phase === "idle" && !this.#renewal.pauses(this.now());
    return this.token !== undefined ? "ready" : fails ? "failing" : "loading";
  }

  get secondsLeft(): number | undefined {
    const { token } = this.#renewal.knowledge(this.now());
    return token && this.secondsUntil(this.now() + token.lifeMs - token.ageMs);
  }

  get token(): string | undefined {
    return this.#renewal.usable(this.now())?.value;
  }

  async getToken(): Promise<string> {
    // After a sleep the timers come late: the machine looks first.
    this.#feed({ type: "look" });
    while (this.status === "loading" && !this.closed) {
      await new Promise<void>((happened) => this.#waiters.push(happened));
    }
    const { token } = this;
    if (token === undefined) {
      throw this.closed ? new Error(CLOSED) : (refusalOf(this.status) ?? this.#error);
    }
    return token;
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const token = await this.getToken();
    const base = this.#baseFor(token);
    const url = new URL(path, base);
    // A token in a request to somebody else is somebody else's.
    if (url.origin !== new URL(base).origin) {
      throw new TypeError(`${url.origin} is none of the APIs.`);
    }
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    return this.environment.fetch(url, { ...init, headers });
  }

  override close(): void {
    super.close();
    this.#tabs.close();
    this.#waiters.splice(0).forEach((happened) => happened());
  }

  protected woke(): void {
    this.#feed({ type: "woke" });
  }

  protected override wentOffline(): void {
    this.#feed({ type: "offline" });
  }

  #baseFor(token: string): string {
    const isTest = /^pt_test_/.test(token) || claimsOf(token)["environment"] === "test";
    return this.#apis?.[isTest ? "test" : "live"] ?? this.environment.origin!;
  }

  #feed(event: RenewalEvent): void {
    if (this.closed) {
      // A turn that comes after the end is handed on.
      this.#tabs.release();
      return;
    }
    const before = this.status;
    const effects = this.#renewal.step(event, this.now());
    effects.forEach((effect) => this.#carryOut(effect));
    this.#waiters.splice(0).forEach((happened) => happened());
    if (before !== this.status || effects.some((effect) => effect.type === "tell")) {
      this.changed();
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "look":
        this.plan(effect.atMs, () => this.#feed({ type: "look" }));
        break;
      case "turn":
        this.#tabs.turn(effect.generation);
        break;
      case "release":
        this.#tabs.release();
        break;
      case "mint":
        void mint(this.#fetchToken, () => this.now()).then(([event, error]) => {
          this.#error = error ?? this.#error;
          this.#feed(event);
        });
        break;
      case "ask":
        this.#tabs.ask(this.now(), effect.of);
        break;
      case "announce":
        this.#tabs.announce(effect.what);
        break;
      case "tell":
        // The listeners are called when all effects are carried out.
        break;
    }
  }
}
