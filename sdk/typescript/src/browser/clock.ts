// The time that a token's life is measured by. One clock of a browser may stand still while the machine sleeps, the other may be
// set by hand: time passes as fast as the faster of them says. So a token may be renewed too early, never too late.

export class ElapsedClock {
  readonly #monotonic: () => number;
  readonly #wall: () => number;
  #lastMonotonicMs: number;
  #lastWallMs: number;
  #elapsedMs = 0;

  constructor(monotonic: () => number, wall: () => number) {
    this.#monotonic = monotonic;
    this.#wall = wall;
    this.#lastMonotonicMs = monotonic();
    this.#lastWallMs = wall();
  }

  /** Milliseconds since the clock was made. */
  now(): number {
    const [monotonicMs, wallMs] = [this.#monotonic(), this.#wall()];
    this.#elapsedMs += Math.max(monotonicMs - this.#lastMonotonicMs, wallMs - this.#lastWallMs, 0);
    this.#lastMonotonicMs = monotonicMs;
    this.#lastWallMs = wallMs;
    return this.#elapsedMs;
  }
}
