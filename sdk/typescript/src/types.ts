// The SDK's types of what goes in and comes out, derived from the gateway's own. Two differences: a time is a `Date`, and an
// optional value may be handed over as `undefined` or `null`, which is as if left out.

import type { components } from "./generated/gateway.js";

type Wire = components["schemas"];

type Times<T> = { [K in keyof T]: K extends "at" | `${string}At` ? Date : T[K] };
type Input<T> = { [K in keyof T]: object extends Pick<T, K> ? T[K] | null | undefined : T[K] };
/** What the client's own defaults, or the root key's in the gateway's configuration, may stand in for. */
type Defaulted<T> = Input<Omit<T, "slug" | "permissions"> & { slug?: string; permissions?: readonly string[] }>;

export type Environment = Wire["Environment"];

export type CreateSession = Defaulted<Wire["CreateSessionRequest"]>;
/** A session that waits for its browser: redirect it to `url`. */
export type CreatedSession = Times<Wire["CreatedSession"]>;

export type CreateSessionToken = Defaulted<Wire["CreateSessionTokenRequest"]>;
/** A direct session that has begun. */
export type OpenedSession = Times<Wire["OpenedSession"]> & {
  /** `expiresAt` as ISO 8601, for code whose types want a text. */
  expiresAtIso: string;
};

/** One session, by its handle (or a JWT's `jti`) or its direct token; or all of a user's, in one portal or in all. */
export type RevokeSession =
  | Wire["RevokeOneRequest"]
  | Wire["RevokeByTokenRequest"]
  | Input<Wire["RevokeAllRequest"]>;
export type Revoked = Wire["Revoked"];

export type ListSessions = Input<Omit<Wire["ListSessionsRequest"], "slug" | "cursor"> & { slug?: string }>;
export type ListedSession = Times<Wire["ListedSession"]>;

/** One session, by its handle; or a link, as somebody pasted it. */
export type ExplainSession = Wire["ExplainOneRequest"] | Wire["ExplainLinkRequest"];
/** A user, whose latest 20 sessions are meant. */
export type ExplainUser = Input<Omit<Wire["ExplainUserRequest"], "slug"> & { slug?: string }>;
/** What happened to a session, in the gateway's words. */
export type HistoryEvent = Times<Wire["HistoryEvent"]>;
/** What became of a session or a link. Where nothing is known, its `state` is `unknown`, and it has no `id`. */
export type ExplainedSession = Omit<Wire["ExplainedSession"], "events"> & { events: HistoryEvent[] };

/** Who is there, and what they may do. */
export type PortalSession = Times<Wire["PortalSession"]>;
/** A browser session that has begun. */
export type ExchangedSession = Times<Omit<Wire["ExchangedSession"], "session">> & { session: PortalSession };
export type EndedSession = Wire["EndedSession"];
export type IssuedToken = Times<Wire["IssuedToken"]>;

/** Both forms of the same: `at` and fields that end in `At` are Unix milliseconds on the wire. */
export function withDates<T>(wire: unknown): T {
  const entries = Object.entries(wire as object).map(([key, value]) => [
    key,
    /(?:^at|At)$/.test(key) && typeof value === "number" ? new Date(value) : value,
  ]);
  return Object.fromEntries(entries) as T;
}
