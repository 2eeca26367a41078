// How often a backend is asked that does not answer well: waits that grow from 1 s to 5 min, and at most 12 attempts an hour,
// over all tabs. Coming back to the page asks at once, but does not exceed the hour's number.

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;
const HOUR_MS = 3_600_000;
const AN_HOUR = 12;
/** By how much two tabs may be at odds over when the same thing happened. */
const SKEW_MS = 1_000;

/** As ages, for a tab with another clock. */
export interface SharedAttempts {
  /** Of attempts without success, oldest first. */
  readonly agesMs: readonly number[];
  readonly failures: number;
  /** Until the next one. */
  readonly waitMs: number;
}

export class Attempts {
  readonly #random: () => number;
  /** Since the last success; at most an hour's number. */
  #timesMs: number[] = [];
  #failures = 0;
  #notBeforeMs = -Infinity;
  #wokeAtMs = -Infinity;

  constructor(random: () => number) {
    this.#random = random;
  }

  allowedAtMs(): number {
    const [oldest] = this.#timesMs;
    const full = this.#timesMs.length === AN_HOUR && oldest !== undefined ? oldest + HOUR_MS : -Infinity;
    // Coming back counts until somebody has tried since.
    const urgent = this.#wokeAtMs > (this.#timesMs.at(-1) ?? -Infinity) && this.#failures > 0;
    return urgent ? full : Math.max(full, this.#notBeforeMs);
  }

  woke(nowMs: number): void {
    this.#wokeAtMs = nowMs;
  }

  begin(nowMs: number): void {
    this.#timesMs = [...this.#timesMs, nowMs].slice(-AN_HOUR);
  }

  failed(nowMs: number, retryAfterMs = 0): void {
    const waitMs = Math.min(FIRST_WAIT_MS * 4 ** this.#failures, LONGEST_WAIT_MS) * (0.8 + 0.2 * this.#random());
    this.#failures = Math.min(this.#failures + 1, 10);
    this.#notBeforeMs = nowMs + Math.max(waitMs, Math.min(retryAfterMs, HOUR_MS));
  }

  succeeded(notBeforeMs = -Infinity): void {
    this.#timesMs = [];
    this.#failures = 0;
    this.#notBeforeMs = notBeforeMs;
  }

  /** Another tab's success: failures since then still count. */
  othersSucceeded(bornMs: number, breathMs: number): void {
    if ((this.#timesMs.at(-1) ?? -Infinity) < bornMs + SKEW_MS) {
      this.succeeded(bornMs + breathMs);
    }
  }

  shared(nowMs: number): SharedAttempts {
    const agesMs = this.#timesMs.map((time) => nowMs - time);
    return { agesMs, failures: this.#failures, waitMs: Math.max(0, this.#notBeforeMs - nowMs) };
  }

  /** Tabs take turns, so whoever tried last knows of all attempts. What lies before a success is over. */
  learn(askedMs: number, shared: SharedAttempts, succeededMs: number): void {
    const timesMs = shared.agesMs.map((age) => askedMs - age);
    const last = timesMs.at(-1) ?? -Infinity;
    if (shared.failures > 0 && last > (this.#timesMs.at(-1) ?? -Infinity) && last > succeededMs) {
      this.#timesMs = timesMs;
      this.#failures = shared.failures;
      this.#notBeforeMs = askedMs + shared.waitMs;
    }
  }
}
