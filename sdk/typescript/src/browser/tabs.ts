// What a tab does with the other tabs of its origin: takes its turn, asks and tells. Where a browser lacks locks, every turn comes at
// once; where it lacks channels, nobody answers. What is said stays in this browser's memory.

import type { Channel, Environment } from "./environment.js";
import type { Knowledge } from "./renewal.js";

/** A tab that holds the turn for longer may be frozen. */
const PATIENCE_MS = 5_000;

type Message =
  | { readonly kind: "ask"; readonly from: string; readonly id: number; readonly of?: string | undefined }
  | { readonly kind: "answer"; readonly to: string; readonly id: number; readonly knowledge: Knowledge }
  | { readonly kind: "busy" | "news"; readonly from: string };

export interface TabsEvents {
  knowledge(): Knowledge;
  /** To the question that was asked at that time. */
  answer(askedMs: number, knowledge: Knowledge): void;
  busy(): void;
  news(by: string): void;
}

export class Tabs {
  readonly #name: string;
  readonly #environment: Environment;
  readonly #channel: Channel | undefined;
  readonly #self: string;
  readonly #asked: number[] = [];
  #letGo: (() => void) | undefined;

  constructor(name: string, environment: Environment, events: TabsEvents) {
    this.#name = name;
    this.#environment = environment;
    this.#self = `${environment.random()}`;
    this.#channel = environment.channel?.(name);
    if (this.#channel !== undefined) {
      this.#channel.onmessage = (event) => this.#hear(event.data as Message, events);
    }
  }

  /** One of the two is called, once. */
  turn(generation: number, granted: () => void, denied: () => void): void {
    const { locks } = this.#environment;
    if (locks === undefined) {
      queueMicrotask(granted);
      return;
    }
    const hold = () => {
      return new Promise<void>((letGo) => {
        this.#letGo = letGo;
        granted();
      });
    };
    // Once it is held, the signal changes nothing.
    locks.request(`${this.#name}:${generation}`, { signal: AbortSignal.timeout(PATIENCE_MS) }, hold).catch(denied);
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

  #hear(message: Message, events: TabsEvents): void {
    switch (message.kind) {
      case "ask":
        if (message.of === undefined || message.of === this.#self) {
          this.#post({ kind: "answer", to: message.from, id: message.id, knowledge: events.knowledge() });
        }
        break;
      case "answer": {
        const askedMs = message.to === this.#self ? this.#asked[message.id] : undefined;
        if (askedMs !== undefined) {
          events.answer(askedMs, message.knowledge);
        }
        break;
      }
      case "busy":
        events.busy();
        break;
      case "news":
        events.news(message.from);
        break;
    }
  }
}
