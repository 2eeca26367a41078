// What a backend does with sessions by its root key: create, revoke, list, explain, and open direct ones.

import type { Backend } from "./backend.js";
import type { CallOptions } from "./transport.js";
import {
  withDates,
  type CreatedSession,
  type CreateSession,
  type CreateSessionToken,
  type ExplainedSession,
  type ExplainSession,
  type ExplainUser,
  type ListedSession,
  type ListSessions,
  type OpenedSession,
  type Revoked,
  type RevokeSession,
} from "./types.js";

/** Sessions of portals that a browser is redirected to. */
export class Sessions {
  readonly #backend: Backend;

  /** @internal */
  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /**
   * Creates a session for one of your signed-in users. Redirect the browser to its `url` at once, with status 303.
   * After a lost answer it is tried again: the first session's ID is known to nobody, and ends unused.
   */
  async create(session: CreateSession, options?: CallOptions): Promise<CreatedSession> {
    return this.#backend.create("createSession", session, "harmless", options);
  }

  /**
   * Ends one session, by its `id` or its direct token, or all of a user's, of either kind: without `slug`, in every
   * portal that the root key may see. What is gone already is no error.
   */
  async revoke(what: string | RevokeSession, options?: CallOptions): Promise<Revoked> {
    return this.#backend.revoke(what, options);
  }

  /** A user's sessions, newest first. Further pages are fetched when the loop comes to them; `limit` is a page's length. */
  async *list(whose: ListSessions, options?: CallOptions): AsyncGenerator<ListedSession, void, undefined> {
    let cursor: string | undefined;
    do {
      const asked = { ...this.#backend.withPortal(whose), cursor };
      const { data, pagination } = await this.#backend.post("listSessions", asked, "harmless", options);
      for (const session of data as unknown[]) {
        yield withDates(session);
      }
      cursor = pagination?.hasMore === true ? pagination.cursor : undefined;
    } while (cursor !== undefined);
  }

  /**
   * Why a link did not work, or what became of a session: for a support desk, never for visitors. A text is a session's
   * `id`, or a link as somebody pasted it. Nothing is spent by it.
   */
  explain(what: string | ExplainSession, options?: CallOptions): Promise<ExplainedSession>;
  /** The same of a user's latest 20 sessions, newest first. */
  explain(whose: ExplainUser, options?: CallOptions): Promise<ExplainedSession[]>;
  async explain(what: string | ExplainSession | ExplainUser, options?: CallOptions) {
    const asked = typeof what === "string" ? named(what.trim()) : what;
    const body = "externalId" in asked ? this.#backend.withPortal(asked) : asked;
    const { data } = await this.#backend.post("explainSession", body, "harmless", options);
    return Array.isArray(data) ? data.map(explained) : explained(data);
  }
}

const named = (text: string): ExplainSession => (text.startsWith("sess_") ? { id: text } : { sessionId: text });

function explained(wire: unknown): ExplainedSession {
  const { events, ...known } = wire as ExplainedSession;
  return { ...known, events: events.map((event) => withDates(event)) };
}

/** Direct sessions: pages and apps that hold their token themselves. */
export class SessionTokens {
  readonly #backend: Backend;

  /** @internal */
  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /**
   * Opens a direct session; its `token` is for the page or app of this user alone. After a lost answer it is not tried
   * again: the first session may exist, and would count among the user's.
   */
  async create(session: CreateSessionToken, options?: CallOptions): Promise<OpenedSession> {
    const opened = await this.#backend.create<Omit<OpenedSession, "expiresAtIso">>(
      "createSessionToken",
      session,
      "doubles",
      options,
    );
    return { ...opened, expiresAtIso: opened.expiresAt.toISOString() };
  }

  /** As `sessions.revoke`. */
  async revoke(what: string | RevokeSession, options?: CallOptions): Promise<Revoked> {
    return this.#backend.revoke(what, options);
  }
}
