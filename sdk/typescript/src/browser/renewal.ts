// When a page's token is renewed, and by which of its tabs: one machine for each tab, pure. Time, randomness and everything
// that happens are handed in; what is to be done comes back. Knows no browser.
//
// Two rules keep it sound. A token's life is counted from the moment at which it was asked for, by this tab's own clock: so a
// tab that slept through an answer never believes an old one. And what another tab says counts only as the answer to a question
// of one's own, for the same reason.

import { Attempts, type SharedAttempts } from "./attempts.js";

/** A token by this tab's clock. */
export interface HeldToken {
  readonly value: string;
  /** Whose it is, where that is known. */
  readonly user?: string | undefined;
  readonly bornMs: number;
  readonly lifeMs: number;
}

/** What a tab tells another that asks. Ages, not times: each tab has a clock of its own. */
export interface Knowledge {
  readonly generation: number;
  /** It renews at this moment: so it is not frozen. */
  readonly minting: boolean;
  readonly token?: { readonly value: string; readonly user?: string | undefined; readonly ageMs: number; readonly lifeMs: number };
  readonly attempts: SharedAttempts;
}

export type RenewalEvent =
  /** A time that was asked for has come. */
  | { readonly type: "look" }
  /** Somebody looks at the page again, or it is online again. */
  | { readonly type: "woke" }
  | { readonly type: "offline" }
  /** A token from the page itself. */
  | { readonly type: "given"; readonly token: HeldToken }
  /** It is this tab's turn; or, after 5 s, still another's. */
  | { readonly type: "granted" }
  | { readonly type: "denied" }
  /** What became of a mint. */
  | { readonly type: "minted"; readonly token: HeldToken }
  | { readonly type: "unauthorized" }
  | { readonly type: "failed"; readonly retryAfterMs?: number | undefined }
  /** Another tab renews; another tab knows more; another tab answers a question that was asked at that time. */
  | { readonly type: "busy" | "news"; readonly by: string }
  | { readonly type: "answer"; readonly askedMs: number; readonly knowledge: Knowledge };

export type Effect =
  /** In place of what was asked for before. */
  | { readonly type: "look"; readonly atMs: number }
  | { readonly type: "turn"; readonly generation: number }
  | { readonly type: "release" }
  | { readonly type: "mint" }
  /** All tabs, or one. */
  | { readonly type: "ask"; readonly of?: string }
  | { readonly type: "announce"; readonly what: "busy" | "news" }
  | { readonly type: "tell"; readonly what: "token" | "signed_out" | "user_changed" };

/** How long other tabs have to answer: they are on the same machine. */
const ASK_MS = 50;
/** As long as a mint may take. */
export const MINT_TIMEOUT_MS = 10_000;
/** While another tab renews that has not been waited for long enough. */
const PAUSE_MS = 500;
/** Longer than any timer of a browser counts. */
const FAR_MS = 86_400_000;
/** Between a success and the next attempt, however short the token's life is. */
const BREATH_MS = 5_000;

type Phase = "idle" | "waiting" | "asking" | "minting" | "signed_out" | "user_changed";

export class Renewal {
  readonly #attempts: Attempts;
  #phase: Phase = "idle";
  #token: HeldToken | undefined;
  /** Beyond a sign-out: the page may still show what is theirs. */
  #user: string | undefined;
  /** When the backend last said so. What was minted before may outlive the sign-out in another tab. */
  #signedOutMs = -Infinity;
  #online = true;
  #generation = 0;
  /** Of the turn that this tab waits for or has. */
  #turn = 0;
  #busyUntilMs = -Infinity;
  #askUntilMs = 0;
  #pauseUntilMs = -Infinity;

  /** `random` is at least 0 and below 1. */
  constructor(random: () => number) {
    this.#attempts = new Attempts(random);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Another tab renews at this moment, and this one looks again soon. */
  pauses(nowMs: number): boolean {
    return nowMs < this.#pauseUntilMs;
  }

  /** The token, if a request that begins now arrives before its end. */
  usable(nowMs: number): HeldToken | undefined {
    const token = this.#token;
    return token !== undefined && nowMs < endOf(token) - Math.min(5_000, token.lifeMs / 10) ? token : undefined;
  }

  knowledge(nowMs: number): Knowledge {
    const token = this.#token;
    const minting = this.#phase === "minting";
    const shared = { generation: this.#generation, minting, attempts: this.#attempts.shared(nowMs) };
    if (token === undefined || this.#phase === "user_changed") {
      return shared;
    }
    const { value, user, bornMs, lifeMs } = token;
    return { ...shared, token: { value, user, ageMs: nowMs - bornMs, lifeMs } };
  }

  step(event: RenewalEvent, nowMs: number): Effect[] {
    const held = this.#phase === "asking" || this.#phase === "minting";
    const effects = this.#react(event, nowMs);
    if (!this.#ended()) {
      return [...effects, ...this.#goOn(nowMs)];
    }
    // A turn that ends in another way than by its own result, too.
    return held && !effects.some((effect) => effect.type === "release") ? [...effects, { type: "release" }] : effects;
  }

  #react(event: RenewalEvent, nowMs: number): Effect[] {
    switch (event.type) {
      case "look":
        return this.#phase === "asking" && nowMs >= this.#askUntilMs ? this.#afterAsking(nowMs) : [];
      case "woke":
        this.#online = true;
        this.#attempts.woke(nowMs);
        return [];
      case "offline":
        this.#online = false;
        return [];
      case "given":
        return this.#take(event.token);
      case "granted":
        return this.#granted(nowMs);
      case "denied":
        return this.#denied(nowMs);
      case "minted":
      case "unauthorized":
      case "failed":
        return this.#phase === "minting" ? this.#settle(event, nowMs) : [];
      case "busy":
        this.#busyUntilMs = nowMs + MINT_TIMEOUT_MS;
        return [];
      case "news":
        // On a busy machine the answer may take longer than other tabs have.
        this.#busyUntilMs = nowMs + PAUSE_MS;
        return [{ type: "ask", of: event.by }];
      case "answer":
        return this.#learn(event.askedMs, event.knowledge);
    }
  }

  #ended(): boolean {
    return this.#phase === "signed_out" || this.#phase === "user_changed";
  }

  /** Takes a turn when it is time, or says when it will be. */
  #goOn(nowMs: number): Effect[] {
    if (this.#phase === "asking") {
      return [{ type: "look", atMs: this.#askUntilMs }];
    }
    if (this.#phase !== "idle") {
      return [];
    }
    const dueMs = this.#dueMs();
    if (dueMs > nowMs) {
      return [{ type: "look", atMs: Math.min(dueMs, nowMs + FAR_MS) }];
    }
    this.#phase = "waiting";
    return [this.#nextTurn()];
  }

  #nextTurn(): Effect {
    this.#turn = this.#generation;
    return { type: "turn", generation: this.#turn };
  }

  #dueMs(): number {
    if (!this.#online) {
      return Infinity;
    }
    const renewalMs = this.#token === undefined ? -Infinity : renewalOf(this.#token);
    return Math.max(renewalMs, this.#attempts.allowedAtMs(), this.#pauseUntilMs);
  }

  #granted(nowMs: number): Effect[] {
    if (this.#phase !== "waiting" || this.#dueMs() > nowMs) {
      this.#phase = this.#phase === "waiting" ? "idle" : this.#phase;
      return [{ type: "release" }];
    }
    this.#phase = "asking";
    this.#askUntilMs = nowMs + ASK_MS;
    return [{ type: "ask" }];
  }

  /** Whoever holds the turn may be frozen: then all go on to the next turn's queue, and one of them is the first there. */
  #denied(nowMs: number): Effect[] {
    if (this.#phase !== "waiting") {
      return [];
    }
    this.#generation += nowMs < this.#busyUntilMs ? 0 : 1;
    return [this.#nextTurn()];
  }

  #afterAsking(nowMs: number): Effect[] {
    if (nowMs < this.#busyUntilMs) {
      this.#pauseUntilMs = nowMs + PAUSE_MS;
    }
    // The others have gone on to another queue meanwhile: back to its end.
    if (this.#dueMs() > nowMs || this.#turn < this.#generation) {
      this.#phase = "idle";
      return [{ type: "release" }];
    }
    this.#phase = "minting";
    this.#attempts.begin(nowMs);
    return [{ type: "announce", what: "busy" }, { type: "mint" }];
  }

  #settle(event: RenewalEvent & { type: "minted" | "unauthorized" | "failed" }, nowMs: number): Effect[] {
    this.#phase = "idle";
    // Whatever came of it: those who wait need wait no longer.
    const done: Effect[] = [{ type: "announce", what: "news" }, { type: "release" }];
    if (event.type === "unauthorized") {
      this.#phase = "signed_out";
      this.#signedOutMs = nowMs;
      this.#token = undefined;
      return [{ type: "tell", what: "signed_out" }, ...done];
    }
    // A page that slept while it was minted has a token that is over.
    if (event.type === "failed" || endOf(event.token) <= nowMs) {
      this.#attempts.failed(nowMs, event.type === "failed" ? event.retryAfterMs : undefined);
      return done;
    }
    const told = this.#take(event.token);
    if (this.#token === event.token) {
      this.#attempts.succeeded(nowMs + BREATH_MS);
    }
    return [...told, ...done];
  }

  /** Another user's token replaces nothing: the page shows what is not theirs, and is told. */
  #take(token: HeldToken): Effect[] {
    if (this.#user !== undefined && token.user !== undefined && token.user !== this.#user) {
      this.#phase = "user_changed";
      return [{ type: "tell", what: "user_changed" }];
    }
    this.#token = token;
    this.#user ??= token.user;
    this.#phase = this.#ended() ? "idle" : this.#phase;
    return [{ type: "tell", what: "token" }];
  }

  #learn(askedMs: number, knowledge: Knowledge): Effect[] {
    this.#generation = Math.max(this.#generation, knowledge.generation);
    if (knowledge.minting) {
      this.#busyUntilMs = askedMs + MINT_TIMEOUT_MS;
    }
    const { token } = knowledge;
    this.#attempts.learn(askedMs, knowledge.attempts, this.#token?.bornMs ?? -Infinity);
    if (token === undefined || this.#phase === "user_changed") {
      return [];
    }
    const theirs = { value: token.value, user: token.user, bornMs: askedMs - token.ageMs, lifeMs: token.lifeMs };
    const isNews = token.value !== this.#token?.value && endOf(theirs) > (this.#token === undefined ? askedMs : endOf(this.#token));
    if (!isNews || theirs.bornMs <= this.#signedOutMs) {
      return [];
    }
    const told = this.#take(theirs);
    if (this.#token === theirs) {
      this.#attempts.othersSucceeded(theirs.bornMs, BREATH_MS);
    }
    return told;
  }
}

const endOf = (token: HeldToken) => token.bornMs + token.lifeMs;

/** At 80 % of the life and at the latest 15 s before its end; half-way for a life of less than 30 s. */
function renewalOf({ bornMs, lifeMs }: HeldToken): number {
  return bornMs + Math.min(lifeMs * 0.8, Math.max(lifeMs - 15_000, lifeMs / 2));
}
