// The shell around the renewal: runs its effects in a browser, and gives the page its token.

import { ElapsedClock } from "./clock.js";
import type { Environment } from "./environment.js";
import { claimsOf, fetchFrom, held, mint, NotSignedInError, type FetchToken, type TokenAnswer } from "./minting.js";
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

export type TokenStatus = "loading" | "ready" | "signed_out" | "user_changed" | "failing";

export interface TokenClient {
  readonly status: TokenStatus;
  /** One that holds when a request with it arrives. Rejects when nobody is signed in, and while there is none to be had. */
  getToken(): Promise<string>;
  /** With the token, to the API of its environment; without `apis`, to this origin alone. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** At each change of `status` and each new token. Answers what ends it. */
  subscribe(listener: () => void): () => void;
  close(): void;
}

interface Waiter {
  resolve(token: string): void;
  reject(error: unknown): void;
}

/** The page shows what is another user's than the backend's: load it anew. */
export class UserChangedError extends Error {
  override readonly name = "UserChangedError";
}

/** In place of what renews. */
const given: FetchToken = () => Promise.reject(new Error("The token is over, and nothing renews it: make a client with a new one."));

export function startTokenClient(options: TokenClientOptions, environment: Environment): TokenClient {
  return new Client(options, environment);
}

class Client implements TokenClient {
  readonly #environment: Environment;
  readonly #apis: TokenClientOptions["apis"];
  readonly #fetchToken: FetchToken;
  readonly #clock: ElapsedClock;
  readonly #renewal: Renewal;
  readonly #tabs: Tabs;
  readonly #listeners = new Set<() => void>();
  readonly #unwatch: () => void;
  #waiters: Waiter[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #error: unknown = new Error("There is no token yet, and none can be had now.");
  #closed = false;

  constructor(options: TokenClientOptions, environment: Environment) {
    const { sessionTokenUrl: url, apis } = options;
    const fetchToken = options.fetchToken ?? (url === undefined ? undefined : fetchFrom(url, environment.fetch));
    const token = typeof options.token === "string" ? { token: options.token } : options.token;
    if (fetchToken === undefined && token === undefined) {
      throw new TypeError("createTokenClient needs sessionTokenUrl, fetchToken or token.");
    }
    this.#environment = environment;
    this.#apis = apis;
    this.#fetchToken = fetchToken ?? given;
    this.#clock = new ElapsedClock(environment.monotonic, environment.wall);
    this.#renewal = new Renewal(environment.random);
    // What was given to this page alone is no other tab's.
    const shared = fetchToken === undefined ? { ...environment, locks: undefined, channel: undefined } : environment;
    this.#tabs = new Tabs(`vestibule:${options.name ?? url ?? "token"}`, shared, {
      knowledge: () => this.#renewal.knowledge(this.#clock.now()),
      answer: (askedMs, knowledge) => this.#feed({ type: "answer", askedMs, knowledge }),
      busy: () => this.#feed({ type: "busy" }),
      news: (by) => this.#feed({ type: "news", by }),
    });
    this.#unwatch = environment.watch(() => this.#feed({ type: "woke" }), () => this.#feed({ type: "offline" }));
    // It is as old as the page, at most: the monotonic clock begins with it. Where nothing renews it, it is as new as this client.
    const [ageMs, unknownLife] = fetchToken === undefined ? [0, Infinity] : [environment.monotonic()];
    const bornMs = this.#clock.now() - ageMs;
    this.#feed(token === undefined ? { type: "look" } : { type: "given", token: held(token, bornMs, unknownLife) });
  }

  get status(): TokenStatus {
    const { phase } = this.#renewal;
    if (phase === "signed_out" || phase === "user_changed") {
      return phase;
    }
    return this.#usable() !== undefined ? "ready" : phase === "idle" ? "failing" : "loading";
  }

  async getToken(): Promise<string> {
    // After a sleep the timers come late: the machine looks first.
    this.#feed({ type: "look" });
    const token = this.#usable();
    return token ?? new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#answerWaiters();
    });
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const token = await this.getToken();
    const base = this.#baseFor(token);
    const url = new URL(path, base);
    // A token in a request to somebody else is somebody else's.
    if (url.origin !== new URL(base).origin) {
      throw new TypeError(`${url.origin} is none of this client's APIs.`);
    }
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    return this.#environment.fetch(url, { ...init, headers });
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#tabs.close();
    this.#waiters.splice(0).forEach((waiter) => waiter.reject(new Error("The token client was closed.")));
  }

  #baseFor(token: string): string {
    const isTest = /^pt_test_/.test(token) || claimsOf(token)["environment"] === "test";
    return this.#apis?.[isTest ? "test" : "live"] ?? this.#environment.origin;
  }

  #usable(): string | undefined {
    return this.#renewal.usable(this.#clock.now())?.value;
  }

  #feed(event: RenewalEvent): void {
    if (this.#closed) {
      return;
    }
    const before = this.status;
    const effects = this.#renewal.step(event, this.#clock.now());
    effects.forEach((effect) => this.#carryOut(effect));
    this.#answerWaiters();
    if (before !== this.status || effects.some((effect) => effect.type === "tell")) {
      [...this.#listeners].forEach((listener) => listener());
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "look": {
        clearTimeout(this.#timer);
        const waitMs = Math.max(1, Math.ceil(effect.atMs - this.#clock.now()));
        this.#timer = setTimeout(() => this.#feed({ type: "look" }), waitMs);
        break;
      }
      case "turn":
        this.#tabs.turn(effect.generation, () => this.#granted(), () => this.#feed({ type: "denied" }));
        break;
      case "release":
        this.#tabs.release();
        break;
      case "mint":
        void mint(this.#fetchToken, () => this.#clock.now()).then(([event, error]) => {
          this.#error = error ?? this.#error;
          this.#feed(event);
        });
        break;
      case "ask":
        this.#tabs.ask(this.#clock.now(), effect.of);
        break;
      case "announce":
        this.#tabs.announce(effect.what);
        break;
      case "tell":
        // The listeners are called when all effects are carried out.
        break;
    }
  }

  /** A turn that comes after the end is handed on. */
  #granted(): void {
    if (this.#closed) {
      this.#tabs.release();
    }
    this.#feed({ type: "granted" });
  }

  #answerWaiters(): void {
    const token = this.#usable();
    const { status } = this;
    if (this.#waiters.length === 0 || status === "loading") {
      return;
    }
    const error = {
      signed_out: () => new NotSignedInError("Nobody is signed in."),
      user_changed: () => new UserChangedError("Another user has signed in meanwhile."),
      failing: () => this.#error,
      ready: () => undefined,
    }[status]();
    this.#waiters.splice(0).forEach((waiter) => (token === undefined || error ? waiter.reject(error) : waiter.resolve(token)));
  }
}
