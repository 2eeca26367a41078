// A portal client without a gateway, for unit tests: somebody is signed in, until the test says otherwise.

import type { ClientStatus, PortalClient, PortalSession } from "../browser.js";
import { CLOSED, refusalOf } from "../browser/client.js";

const LIFE = 86_400;

/** For `<PortalProvider client={…}>`, and for whatever takes a portal client. */
export interface FakeSession extends PortalClient {
  /** As if the gateway had said that the session is over. */
  expire(redirectUrl?: string): void;
  /** As if the gateway did not answer: calls fail until `recover`. */
  fail(error?: Error): void;
  recover(): void;
}

export function fakeSession(fields: Partial<PortalSession> = {}): FakeSession {
  return new Fake(fields);
}

class Fake implements FakeSession {
  status: ClientStatus = "ready";
  session: PortalSession | undefined;
  secondsLeft: number | undefined;
  path: string | undefined;
  redirectUrl: string | undefined;
  error: unknown;
  readonly #listeners = new Set<() => void>();
  #closed = false;

  constructor(fields: Partial<PortalSession>) {
    const now = Date.now();
    this.session = {
      id: "sess_00000000000000000000000000000000",
      slug: "my-portal",
      environment: "test",
      externalId: "user_123",
      permissions: [],
      preview: false,
      createdAt: new Date(now),
      exchangedAt: new Date(now),
      expiresAt: new Date(now + LIFE * 1000),
      expiresIn: LIFE,
      returnUrl: "http://localhost:3001/",
      ...fields,
    };
    this.secondsLeft = this.session.expiresIn;
  }

  async getSession(): Promise<PortalSession> {
    this.#refuse();
    return this.session!;
  }

  async getToken(): Promise<string> {
    this.#refuse();
    const { externalId, id, permissions, environment } = this.session!;
    const part = (value: object) => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value)))).replace(/=+$/, "");
    return `${part({ typ: "JWT", alg: "none" })}.${part({ sub: externalId, jti: id, permissions, environment })}.`;
  }

  async end(): Promise<{ returnUrl?: string }> {
    this.#refuse();
    const { returnUrl } = this.session!;
    this.expire(returnUrl);
    return returnUrl === undefined ? {} : { returnUrl };
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
  }

  expire(redirectUrl?: string): void {
    this.session = undefined;
    this.secondsLeft = undefined;
    this.redirectUrl = redirectUrl;
    this.#turn("signed_out");
  }

  fail(error = new TypeError("fetch failed")): void {
    this.error = error;
    this.#turn("failing");
  }

  recover(): void {
    this.error = undefined;
    this.#turn("ready");
  }

  #refuse(): void {
    const refusal = this.#closed ? new Error(CLOSED) : (refusalOf(this.status) ?? this.error);
    if (refusal !== undefined) {
      throw refusal;
    }
  }

  #turn(status: ClientStatus): void {
    this.status = status;
    [...this.#listeners].forEach((listener) => listener());
  }
}
