// The gateway's public keys, kept: fetched anew when they are old, and for a key that nobody knows, at most once in 30 s,
// so that made-up tokens cannot make this server flood the gateway. Who knows the key hardly waits. Time and the network are
// handed in.

import { ConnectionError, TimeoutError, UnexpectedAnswerError } from "../errors.js";

/** As the gateway's `Cache-Control` says. */
const FRESH_MS = 300_000;
/** Between two fetches, whatever asks for them. */
const BETWEEN_FETCHES_MS = 30_000;
/** Where there are no keys at all, so that a server that has begun in an outage soon serves after it. */
const BETWEEN_FIRST_FETCHES_MS = 1_000;
/** Through an outage of the gateway; then even known keys are not believed any more. */
const KEPT_MS = 3_600_000;
const TIMEOUT_MS = 10_000;
/** For newer keys than those that have the one in question: a removed key is to be forgotten, and nobody is to be held up. */
const PATIENCE_MS = 1_000;

/** Exactly the algorithms that the gateway signs with. The key decides, never the token's header. */
const ALGORITHMS = {
  ES256: { import: { name: "ECDSA", namedCurve: "P-256" }, verify: { name: "ECDSA", hash: "SHA-256" } },
  EdDSA: { import: { name: "Ed25519" }, verify: { name: "Ed25519" } },
} as const;
type Algorithm = keyof typeof ALGORITHMS;

export interface PublicKey {
  readonly algorithm: string;
  verify(signature: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>): Promise<boolean>;
}

export interface KeySetOptions {
  /** Of the key set itself. */
  readonly url: string;
  readonly fetch: typeof fetch;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class KeySet {
  readonly #options: KeySetOptions;
  #keys: ReadonlyMap<string, PublicKey> | undefined;
  #fetchedAtMs = 0;
  #triedAtMs = -Infinity;
  #running: Promise<void> | undefined;
  #failure: unknown;

  constructor(options: KeySetOptions) {
    this.#options = options;
  }

  /** The key of this name; nothing if the gateway has none. Throws if nobody can say. */
  async find(kid: string): Promise<PublicKey | undefined> {
    const ageMs = this.#options.now() - this.#fetchedAtMs;
    if (ageMs >= KEPT_MS) {
      this.#keys = undefined;
    }
    const isKnown = this.#keys?.has(kid) === true;
    if (!isKnown || ageMs >= FRESH_MS) {
      await this.#refresh(isKnown ? PATIENCE_MS : TIMEOUT_MS);
    }
    return this.#keys?.get(kid);
  }

  /** One fetch for all, and for each the wait that is left of their patience. Fails only where there are no keys to go on with. */
  async #refresh(patienceMs: number): Promise<void> {
    const sinceMs = this.#options.now() - this.#triedAtMs;
    const betweenMs = this.#keys === undefined ? BETWEEN_FIRST_FETCHES_MS : BETWEEN_FETCHES_MS;
    // Some run-times end a request's fetches with it; nobody hears of such a one again.
    const isRunning = this.#running !== undefined && sinceMs <= TIMEOUT_MS;
    const mayStart = !isRunning && sinceMs >= betweenMs;
    if (mayStart) {
      this.#start();
    }
    try {
      if (mayStart || isRunning) {
        await within(this.#running, patienceMs - (mayStart ? 0 : sinceMs));
      } else if (this.#keys === undefined) {
        throw this.#failure;
      }
    } catch (error) {
      if (this.#keys === undefined) {
        throw error;
      }
    }
  }

  #start(): void {
    const startedAtMs = this.#options.now();
    this.#triedAtMs = startedAtMs;
    this.#failure = new TimeoutError(LATE);
    const isLatest = () => this.#triedAtMs === startedAtMs;
    const keep = (keys: ReadonlyMap<string, PublicKey>) => {
      if (isLatest()) {
        this.#keys = keys;
        this.#fetchedAtMs = this.#options.now();
      }
    };
    const running = this.#fetch().then(keep).finally(() => {
      this.#running = isLatest() ? undefined : this.#running;
    });
    // Whoever waits hears of it; maybe nobody does any more.
    running.catch((error: unknown) => {
      this.#failure = isLatest() ? error : this.#failure;
    });
    this.#running = running;
  }

  async #fetch(): Promise<ReadonlyMap<string, PublicKey>> {
    const { url } = this.#options;
    const init: RequestInit = { redirect: "error", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) };
    const response = await this.#options.fetch(url, init).catch((error: unknown) => {
      throw new ConnectionError("The gateway's public keys cannot be fetched.", { cause: error });
    });
    const body = (await response.json().catch(() => undefined)) as { keys?: unknown } | undefined;
    if (response.status !== 200 || !Array.isArray(body?.keys)) {
      throw new UnexpectedAnswerError(response.status);
    }
    const keys = await Promise.all(body.keys.map((key) => imported(key as JsonWebKey)));
    return new Map(keys.filter((entry) => entry !== undefined));
  }
}

const LATE = "The gateway did not answer with its public keys in time.";

async function within(running: Promise<void> | undefined, patienceMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(LATE)), Math.max(patienceMs, 0));
  });
  try {
    await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Keys of kinds that this release does not know are for later ones. */
async function imported(jwk: JsonWebKey & { kid?: string }): Promise<[string, PublicKey] | undefined> {
  const algorithm = jwk.alg ?? "";
  if (typeof jwk.kid !== "string" || !Object.hasOwn(ALGORITHMS, algorithm)) {
    return undefined;
  }
  const { import: form, verify } = ALGORITHMS[algorithm as Algorithm];
  const { kty, crv, x, y } = jwk;
  const bare = { kty, crv, x, ...(y === undefined ? {} : { y }) } as JsonWebKey;
  const key = await crypto.subtle.importKey("jwk", bare, form, false, ["verify"]).catch(() => undefined);
  return key && [jwk.kid, { algorithm, verify: (signature, signed) => crypto.subtle.verify(verify, key, signature, signed) }];
}
