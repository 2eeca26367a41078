// The signed tokens that the gateway issues for a portal's session: each is given until 80 % of its life.

import type { IssuedToken } from "../types.js";

export class IssuedTokens {
  readonly #issue: () => Promise<IssuedToken>;
  readonly #now: () => number;
  #token: Promise<string> | undefined;
  #renewAtMs = 0;

  constructor(issue: () => Promise<IssuedToken>, now: () => number) {
    this.#issue = issue;
    this.#now = now;
  }

  get(): Promise<string> {
    if (this.#token === undefined || this.#now() >= this.#renewAtMs) {
      this.#token = this.#renew();
    }
    return this.#token;
  }

  forget(): void {
    this.#token = undefined;
  }

  async #renew(): Promise<string> {
    const askedMs = this.#now();
    // Whoever asks meanwhile gets this one.
    this.#renewAtMs = Infinity;
    try {
      const { token, expiresIn } = await this.#issue();
      this.#renewAtMs = askedMs + expiresIn * 800;
      return token;
    } catch (error) {
      this.#renewAtMs = 0;
      throw error;
    }
  }
}
