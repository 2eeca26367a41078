// The way into a portal: a session ID that is taken out of the address bar, and the key that makes its exchange safe to repeat. Both
// are kept until the gateway has answered, over a second mount and a reload. In this tab alone, and no longer than that.

import type { Page } from "./environment.js";

interface Ticket {
  readonly sessionId: string;
  readonly idempotencyKey: string;
}

interface Kept {
  ticket: Ticket | null;
  /** In flight, for every client of the page. */
  exchange: Promise<unknown> | undefined;
  /** Where the last link leads. */
  path: string | undefined;
}

export class Entrance {
  readonly #page: Page;
  readonly #name: string;
  readonly #kept: Kept;

  constructor(page: Page, slug: string, parameter: string) {
    this.#page = page;
    this.#name = `vestibule:${slug}`;
    this.#kept = (page.memory.get(this.#name) as Kept | undefined) ?? { ticket: this.#stored(), exchange: undefined, path: undefined };
    page.memory.set(this.#name, this.#kept);
    const sessionId = takeFromAddress(page, parameter);
    // The same link again is the same visit.
    if (sessionId && sessionId !== this.#kept.ticket?.sessionId) {
      this.#keep({ sessionId, idempotencyKey: crypto.getRandomValues(new Uint8Array(32)).join("") });
    }
  }

  get waits(): boolean {
    return this.#kept.ticket !== null;
  }

  get path(): string | undefined {
    return this.#kept.path;
  }

  /** One request, however many clients of the page want it. */
  exchange<T>(send: (init: RequestInit) => Promise<T>): Promise<T> {
    const { sessionId, idempotencyKey } = this.#kept.ticket!;
    const headers = { accept: "application/json", "content-type": "application/json", "idempotency-key": idempotencyKey };
    const init = { method: "POST", headers, body: JSON.stringify({ sessionId }) };
    this.#kept.exchange ??= send(init).finally(() => (this.#kept.exchange = undefined));
    return this.#kept.exchange as Promise<T>;
  }

  /** The gateway has answered: the ID opens nothing any more. */
  done(path?: string): void {
    this.#kept.path = path;
    this.#keep(null);
  }

  #keep(ticket: Ticket | null): void {
    this.#kept.ticket = ticket;
    this.#kept.exchange = undefined;
    try {
      this.#page.storage().setItem(this.#name, JSON.stringify(ticket));
    } catch {
      // Full, or none: then a reload in the middle of the exchange is what leads home.
    }
  }

  #stored(): Ticket | null {
    try {
      return JSON.parse(this.#page.storage().getItem(this.#name)!) as Ticket;
    } catch {
      return null;
    }
  }
}

/** All else in the address stays as it is, to the letter. */
function takeFromAddress(page: Page, parameter: string): string | null {
  const url = new URL(page.address());
  const sessionId = url.searchParams.get(parameter);
  if (sessionId !== null) {
    const pairs = url.search.slice(1).split("&");
    url.search = pairs.filter((pair) => !new URLSearchParams(pair).has(parameter)).join("&");
    page.replaceAddress(url.href);
  }
  return sessionId;
}
