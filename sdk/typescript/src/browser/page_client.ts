// What both clients do in a page: a clock, one timer, those who listen, and an end.

import { ElapsedClock } from "./clock.js";
import type { Environment } from "./environment.js";

export abstract class PageClient {
  protected closed: boolean;
  protected readonly environment: Environment;
  readonly #clock: ElapsedClock;
  readonly #listeners = new Set<() => void>();
  readonly #unwatch: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `place`: what the client cannot be without. On a server there is none, and it never begins. */
  constructor(environment: Environment, place: unknown) {
    this.closed = !place;
    this.environment = environment;
    this.#clock = new ElapsedClock(environment.monotonic, environment.wall);
    this.#unwatch = environment.watch(() => this.woke(), () => this.wentOffline?.());
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.#timer);
    this.#unwatch();
  }

  protected abstract woke(): void;
  protected wentOffline?(): void;

  protected now(): number {
    return this.#clock.now();
  }

  /** What the page was made with is as old as the page, at most: the monotonic clock begins with it. */
  protected pageBornMs(): number {
    return this.now() - this.environment.monotonic();
  }

  protected secondsUntil(endMs: number): number | undefined {
    return endMs === Infinity ? undefined : Math.max(0, (endMs - this.now()) / 1000);
  }

  protected changed(): void {
    if (!this.closed) {
      [...this.#listeners].forEach((listener) => this.guarded(listener));
    }
  }

  /** What a page's own function throws becomes an unhandled rejection, which browsers report. It stops neither the client nor others. */
  protected async guarded(action: () => unknown): Promise<unknown> {
    return action();
  }

  /** In place of what was planned before. */
  protected plan(atMs: number, action: () => void): void {
    clearTimeout(this.#timer);
    if (!this.closed && atMs < Infinity) {
      this.#timer = setTimeout(action, Math.max(1, Math.ceil(atMs - this.now())));
    }
  }
}
