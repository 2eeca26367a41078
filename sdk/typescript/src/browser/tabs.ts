// What a tab does with the other tabs of its origin: takes its turn, asks and tells. Where a browser lacks or forbids locks, every
// turn comes at once; where it lacks channels, nobody answers. What is said stays in this browser's memory.

import type { Channel, Environment } from "./environment.js";
import type { Knowledge, RenewalEvent } from "./renewal.js";

/** A tab that holds the turn for longer may be frozen. */
const PATIENCE_MS = 5_000;

type Message =
  | { readonly kind: "ask"; readonly from: string; readonly id: number; readonly of?: string | undefined }
  | { readonly kind: "answer"; readonly to: string; readonly id: number; readonly knowledge: Knowledge }
  | { readonly kind: "busy" | "news"; readonly from: string };

export class Tabs {
  readonly #name: string;
  readonly #environment: Environment;
  readonly #channel: Channel | undefined;
  readonly #knowledge: () => Knowledge;
  readonly #feed: (event: RenewalEvent) => void;
  readonly #self: string;
  readonly #asked: number[] = [];
  #letGo: (() => void) | undefined;

  constructor(name: string, environment: Environment, knowledge: () => Knowledge, feed: (event: RenewalEvent) => void) {
    this.#name = name;
    this.#environment = environment;
    this.#knowledge = knowledge;
    this.#feed = feed;
    this.#self = `${environment.random()}`;
    this.#channel = environment.channel(name);
    if (this.#channel !== undefined) {
      this.#channel.onmessage = (event) => this.#hear(event.data as Message);
    }
  }

  /** It is granted or denied, once. */
  turn(generation: number): void {
    const { locks } = this.#environment;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const hold = () => {
      return new Promise<void>((letGo) => {
        this.#letGo = letGo;
        this.#feed({ type: "granted" });
      });
    };
    const request = locks?.request(`${this.#name}:${generation}`, { signal }, hold) ?? Promise.reject();
    // Once it is held, the signal changes nothing. A browser that forbids locks, as in a sandboxed frame, refuses at once. That is no
    // denial: the request for the next turn would be refused as fast, and so on for ever.
    request.catch(() => this.#feed({ type: signal.aborted ? "denied" : "granted" }));
  }

  release(): void {
    this.#letGo?.();
    this.#letGo = undefined;
  }

  ask(askedMs: number, of: string | undefined): void {
    this.#post({ kind: "ask", from: this.#self, id: this.#asked.push(askedMs) - 1, of });
  }

  announce(kind: "busy" | "news"): void {
    this.#post({ kind, from: this.#self });
  }

  close(): void {
    this.release();
    this.#channel?.close();
  }

  #post(message: Message): void {
    try {
      this.#channel?.postMessage(message);
    } catch {
      // A channel that was closed: nobody listens any more.
    }
  }

  #hear(message: Message): void {
    switch (message.kind) {
      case "ask":
        if ((message.of ?? this.#self) === this.#self) {
          this.#post({ kind: "answer", to: message.from, id: message.id, knowledge: this.#knowledge() });
        }
        break;
      case "answer": {
        const askedMs = message.to === this.#self ? this.#asked[message.id] : undefined;
        if (askedMs !== undefined) {
          this.#feed({ type: "answer", askedMs, knowledge: message.knowledge });
        }
        break;
      }
      case "busy":
      case "news":
        this.#feed({ type: message.kind, by: message.from });
        break;
    }
  }
}
