// What a provider hands to its components: a client that comes and goes with the page's effects, seen as one that is always there.

import { createContext } from "react";

import type { ClientStatus, PortalClient, PortalSession, TokenClient } from "../browser.js";

export type AnyClient = PortalClient | TokenClient;

/** What there is to see of either client. */
export interface Snapshot {
  readonly status: ClientStatus;
  /** In an outage, too: who was there stays there. */
  readonly isSignedIn: boolean;
  readonly session: PortalSession | undefined;
  readonly token: string | undefined;
  readonly path: string | undefined;
  readonly redirectUrl: string | undefined;
  readonly error: unknown;
}

export const SourceContext = createContext<Source | undefined>(undefined);

export class Source {
  /** What the server rendered, and the page before its effects. */
  readonly first: Snapshot;
  snapshot: Snapshot;
  #client: AnyClient | undefined;
  #attached: () => void = () => {};
  #attachment = new Promise<void>((resolve) => (this.#attached = resolve));
  readonly #listeners = new Set<() => void>();

  constructor(first: Partial<AnyClient>) {
    // A client of the application's own may have learnt more since it was made.
    this.first = seen(first.initial ?? first, false);
    this.snapshot = seen(first, false);
  }

  /** Answers what ends it. */
  attach(client: AnyClient): () => void {
    this.#client = client;
    this.#attached();
    const look = () => {
      this.snapshot = seen(client, this.snapshot.isSignedIn);
      this.#listeners.forEach((listener) => listener());
    };
    const end = client.subscribe(look);
    look();
    return () => {
      end();
      this.#client = undefined;
      this.#attachment = new Promise((resolve) => (this.#attached = resolve));
    };
  }

  /** The effects of children run before their provider's. */
  async client(): Promise<AnyClient> {
    while (this.#client === undefined) {
      await this.#attachment;
    }
    return this.#client;
  }

  get secondsLeft(): number | undefined {
    return this.#client?.secondsLeft;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

function seen(client: Partial<PortalClient & TokenClient>, wasSignedIn: boolean): Snapshot {
  const { status = "loading", session, token, path, redirectUrl, error } = client;
  const isSignedIn = status === "ready" || (wasSignedIn && (status === "failing" || status === "loading"));
  return { status, isSignedIn, session, token, path, redirectUrl, error };
}
