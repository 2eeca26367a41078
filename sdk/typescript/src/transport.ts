// One call to the gateway: its tries, its time-out, its waits. Which calls may be tried again is said by those who know
// what a repeat would do; how often and when is decided here.

import { read, type Answer } from "./answer.js";
import {
  ConnectionError,
  GatewayError,
  RateLimitedError,
  TimeoutError,
  UnexpectedAnswerError,
} from "./errors.js";

/**
 * What a repeat does. `harmless`: nothing that matters, whatever became of the first try. `doubles`: it might do the
 * same twice, so only a call that was certainly not carried out is repeated.
 */
export type Repeat = "harmless" | "doubles";

export interface Call {
  readonly method: "GET" | "POST";
  /** Such as `createSession`, with its query. */
  readonly verb: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly repeat: Repeat;
  /** The answer has no body: `portal.authorize`. */
  readonly answersInHeaders?: boolean;
}

/** For one call. */
export interface CallOptions {
  /** Ends the call, its waits included. */
  readonly signal?: AbortSignal | undefined;
  /** For each try; default: the client's. */
  readonly timeoutMs?: number | undefined;
  /** Tries after the first one; default: the client's. */
  readonly retries?: number | undefined;
}

export interface TransportOptions {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly retries: number;
}

const FIRST_WAIT_MS = 200;
/** Whoever has to wait longer is better told at once. */
const LONGEST_WAIT_MS = 10_000;
/** A name that was not found, a port that nobody listens on: the request never left. */
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async send(call: Call, options: CallOptions = {}): Promise<Answer> {
    const retries = options.retries ?? this.#options.retries;
    for (let tried = 0; ; tried += 1) {
      options.signal?.throwIfAborted();
      try {
        return await this.#try(call, options);
      } catch (error) {
        const waitMs = tried < retries && mayRepeat(error, call.repeat) ? waitBefore(tried, error) : undefined;
        if (waitMs === undefined) {
          throw error;
        }
        await sleep(waitMs, options.signal);
      }
    }
  }

  async #try(call: Call, options: CallOptions): Promise<Answer> {
    const abort = new AbortController();
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs;
    const late = new TimeoutError(`The gateway did not answer portal.${verbOf(call)} within ${timeoutMs} ms.`);
    const timer = setTimeout(() => abort.abort(late), timeoutMs);
    const follow = () => abort.abort(options.signal?.reason);
    options.signal?.addEventListener("abort", follow);
    try {
      const response = await this.#options.fetch(`${this.#options.url}/v2/portal.${call.verb}`, request(call, abort.signal));
      return read(response.status, response.headers, await response.text(), call.answersInHeaders);
    } catch (error) {
      if (error instanceof GatewayError || error instanceof UnexpectedAnswerError) {
        throw error;
      }
      if (abort.signal.aborted) {
        throw abort.signal.reason;
      }
      throw new ConnectionError(`The connection to the gateway failed at portal.${verbOf(call)}.`, { cause: error });
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", follow);
    }
  }
}

/** Without its query: that may name users. */
const verbOf = (call: Call) => call.verb.split("?", 1)[0];

function request(call: Call, signal: AbortSignal): RequestInit {
  const init: RequestInit = {
    method: call.method,
    headers: { accept: "application/json", ...call.headers },
    // The gateway redirects no call; whoever does is not to get the root key.
    redirect: "manual",
    // Frameworks that patch `fetch` would keep one user's answer for the next.
    cache: "no-store",
    signal,
  };
  if (call.body !== undefined) {
    init.headers = { ...init.headers, "content-type": "application/json" };
    init.body = JSON.stringify(call.body);
  }
  return init;
}

function mayRepeat(error: unknown, repeat: Repeat): boolean {
  if (error instanceof RateLimitedError) {
    return true;
  }
  if (error instanceof GatewayError || error instanceof UnexpectedAnswerError) {
    return repeat === "harmless" && [500, 502, 503, 504].includes(error.status);
  }
  return error instanceof ConnectionError && (repeat === "harmless" || neverSent(error));
}

function neverSent(error: ConnectionError): boolean {
  const cause = error.cause as { cause?: { code?: unknown } } | undefined;
  const code = cause?.cause?.code;
  return typeof code === "string" && NEVER_SENT.has(code);
}

/** Nothing where the gateway asks for more patience than there is. Random, so that clients do not come back together. */
function waitBefore(tried: number, error: unknown): number | undefined {
  const askedMs = error instanceof GatewayError && error.retryAfter !== undefined ? error.retryAfter * 1000 : 0;
  const waitMs = askedMs + FIRST_WAIT_MS * 2 ** tried * (0.5 + Math.random());
  return askedMs > LONGEST_WAIT_MS ? undefined : Math.min(waitMs, LONGEST_WAIT_MS);
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
