// The way into a portal: a session ID that is taken out of the address bar, and the key that makes its exchange safe to repeat. Both
// are kept until the gateway has answered, over a second mount and a reload. In this tab alone, and no longer than that.

import type { Page } from "./environment.js";

/** A session ID and its idempotency key. */
export type Ticket = readonly [string, string];

interface Kept {
  ticket: Ticket | null;
  /** In flight, for every client of the page. */
  exchange?: Promise<unknown> | undefined;
  /** Where the last link leads. */
  path?: string | undefined;
}

export class Entrance {
  readonly #page: Page;
  readonly #parameter: string;
  readonly #name: string;
  readonly #kept: Kept;

  constructor(page: Page, slug: string, parameter: string) {
    this.#page = page;
    this.#parameter = parameter;
    this.#name = `vestibule:${slug}`;
    this.#kept = (page.memory.get(this.#name) as Kept | undefined) ?? { ticket: this.#stored() };
    page.memory.set(this.#name, this.#kept);
    const sessionId = queryOf(new URL(page.address()).search).get(parameter);
    if (sessionId !== null) {
      this.#cleanAddress();
    }
    // The same link again is the same visit.
    if (sessionId && sessionId !== this.#kept.ticket?.[0]) {
      this.#keep([sessionId, crypto.getRandomValues(new Uint8Array(32)).join("")]);
    }
  }

  /** What has to be exchanged. */
  get ticket(): Ticket | null {
    return this.#kept.ticket;
  }

  get path(): string | undefined {
    return this.#kept.path;
  }

  /** One request, however many clients of the page want it. */
  exchange<T>(ticket: Ticket, send: (init: RequestInit) => Promise<T>): Promise<T> {
    const [sessionId, key] = ticket;
    const headers = { accept: "application/json", "content-type": "application/json", "idempotency-key": key };
    const init = { method: "POST", headers, body: JSON.stringify({ sessionId }) };
    // What is in flight for a newer link is not this one's.
    this.#kept.exchange ??= send(init).finally(() => ticket === this.#kept.ticket && (this.#kept.exchange = undefined));
    return this.#kept.exchange as Promise<T>;
  }

  /** The gateway has answered: the ID opens nothing any more. That of a newer link, which came meanwhile, still does. */
  done(ticket: Ticket, path?: string): void {
    if (this.#kept.ticket === ticket) {
      this.#kept.path = path;
      this.#keep(null);
      // A router that began after the first time still has the ID, and would bring it back.
      this.#cleanAddress();
    }
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

  /** All else in the address stays as it is, to the letter. */
  #cleanAddress(): void {
    const url = new URL(this.#page.address());
    const pairs = url.search.slice(1).split("&");
    url.search = pairs.filter((pair) => !queryOf(pair).has(this.#parameter)).join("&");
    this.#page.replaceAddress(url.href);
  }
}

/** To find names in. In the text of a mail `&` is `&amp;`, and some programs leave it so. */
const queryOf = (text: string) => new URLSearchParams(text.replaceAll("amp;", ""));
