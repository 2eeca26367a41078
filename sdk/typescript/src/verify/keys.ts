// The gateway's public keys, kept: fetched anew when they are old, and for a key that nobody knows, at most once in 30 s,
// so that made-up tokens cannot make this server flood the gateway. Time and the network are handed in.

import { ConnectionError, UnexpectedAnswerError } from "../errors.js";

/** As the gateway's `Cache-Control` says. */
const FRESH_MS = 300_000;
/** Between two fetches, whatever asks for them. */
const BETWEEN_FETCHES_MS = 30_000;
/** Through an outage of the gateway; then even known keys are not believed any more. */
const KEPT_MS = 3_600_000;
const TIMEOUT_MS = 10_000;

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

  constructor(options: KeySetOptions) {
    this.#options = options;
  }

  /** The key of this name; nothing if the gateway has none. Throws if nobody can say. */
  async find(kid: string): Promise<PublicKey | undefined> {
    const age = this.#options.now() - this.#fetchedAtMs;
    if (age >= KEPT_MS) {
      this.#keys = undefined;
    }
    const known = this.#keys !== undefined && age < FRESH_MS && this.#keys.has(kid);
    const mayFetch = this.#keys === undefined || this.#options.now() - this.#triedAtMs >= BETWEEN_FETCHES_MS;
    if (!known && (mayFetch || this.#running !== undefined)) {
      await this.#refresh();
    }
    return this.#keys?.get(kid);
  }

  /** One fetch for all who wait. It fails only where there are no keys to go on with. */
  async #refresh(): Promise<void> {
    this.#running ??= this.#fetch().finally(() => {
      this.#running = undefined;
    });
    try {
      await this.#running;
    } catch (error) {
      if (this.#keys === undefined) {
        throw error;
      }
    }
  }

  async #fetch(): Promise<void> {
    this.#triedAtMs = this.#options.now();
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
    this.#keys = new Map(keys.filter((entry) => entry !== undefined));
    this.#fetchedAtMs = this.#options.now();
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
