// Checks a gateway's signed token without asking the gateway for each, by its public keys and Web Crypto.
// What is revoked is believed until the token's end, unless `check: "online"` asks.

import { PortalSessionNotFoundError } from "./errors.js";
import { Transport } from "./transport.js";
import type { Environment } from "./types.js";
import { KeySet } from "./verify/keys.js";
import { InvalidTokenError, parts, type Parts } from "./verify/token.js";

export { InvalidTokenError } from "./verify/token.js";
export type { InvalidTokenReason } from "./verify/token.js";

export interface VerifyOptions {
  /** The gateway's `public_url`. */
  readonly issuer: string;
  /** The portal's slug, or its `tokens.audience`. */
  readonly audience: string;
  /**
   * `"online"` also asks the gateway whether the session still lives: one call for each token. Only for the tokens of direct
   * sessions: the others are no credentials there, and are refused.
   */
  readonly check?: "offline" | "online" | undefined;
  /** Where this server reaches the gateway, if not at `issuer`. */
  readonly url?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** How far this server's clock may be wrong; default 0. */
  readonly toleranceSeconds?: number | undefined;
  /** Unix milliseconds; default: this server's clock. */
  readonly now?: (() => number) | undefined;
}

/** What the token was made for: by `format: "jwt"`, by `getToken`, or for the server behind a proxy. */
export type TokenUse = "session" | "call" | "assertion";

/** Whose token it is, and what they may do. */
export interface VerifiedToken {
  /** The session's handle: `jti`. */
  readonly id: string;
  /** `sub`. */
  readonly externalId: string;
  /** `org`. */
  readonly externalOrganizationId?: string;
  readonly email?: string;
  readonly permissions: readonly string[];
  readonly environment: Environment;
  readonly preview: boolean;
  readonly use: TokenUse;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** One for each gateway: a server of one portal has one. */
const keySets = new Map<string, KeySet>();

/**
 * The token's bearer. Throws `InvalidTokenError` for a token that is not to be believed; any other error is an outage,
 * by which nothing is said about the token.
 */
export async function verifyToken(jwt: string, options: VerifyOptions): Promise<VerifiedToken> {
  checkOptions(options);
  const own = options.fetch ?? ((input: string | URL | Request, init?: RequestInit) => fetch(input, init));
  const issuer = options.issuer.replace(/\/+$/, "");
  const url = (options.url ?? issuer).replace(/\/+$/, "");
  const read = parts(jwt);
  await checkSignature(read, keysOf(`${url}/.well-known/jwks.json`, own));
  const token = checkClaims(read.claims, issuer, options);
  if (options.check === "online") {
    if (token.use !== "session") {
      throw new InvalidTokenError("no_credential");
    }
    await checkSession(jwt, new Transport({ url, fetch: own, timeoutMs: 10_000, retries: 2 }));
  }
  return token;
}

/** A mistake here would let in whom it should not, so it is told at the first call. */
function checkOptions({ issuer, audience, check = "offline", toleranceSeconds = 0, now = Date.now }: VerifyOptions): void {
  const must = (holds: boolean, words: string) => {
    if (!holds) {
      throw new TypeError(`verifyToken: ${words}`);
    }
  };
  must(typeof issuer === "string" && issuer !== "", "`issuer` must be the gateway's public_url.");
  must(typeof audience === "string" && audience !== "", "`audience` must be the portal's slug, or its tokens.audience.");
  must(check === "offline" || check === "online", '`check` must be "offline" or "online".');
  must(Number.isFinite(toleranceSeconds) && toleranceSeconds >= 0, "`toleranceSeconds` must be a number from 0.");
  must(typeof now === "function" && Number.isFinite(now()), "`now` must tell Unix milliseconds.");
}

function keysOf(url: string, own: typeof fetch): KeySet {
  let keys = keySets.get(url);
  if (keys === undefined) {
    keys = new KeySet({ url, fetch: own, now: () => performance.now() });
    keySets.set(url, keys);
  }
  return keys;
}

async function checkSignature(read: Parts, keys: KeySet): Promise<void> {
  const key = await keys.find(read.kid);
  if (key === undefined) {
    throw new InvalidTokenError("unknown_key");
  }
  if (key.algorithm !== read.alg) {
    throw new InvalidTokenError("algorithm");
  }
  if (!(await key.verify(read.signature, read.signed))) {
    throw new InvalidTokenError("signature");
  }
}

function checkClaims(claims: Parts["claims"], issuer: string, options: VerifyOptions): VerifiedToken {
  const { iss, aud, sub, jti, exp, iat, nbf, permissions, environment, org, email, preview, token_use: use } = claims;
  const now = (options.now ?? Date.now)() / 1000;
  const tolerance = options.toleranceSeconds ?? 0;
  if (iss !== issuer) {
    throw new InvalidTokenError("issuer");
  }
  if (aud !== options.audience) {
    throw new InvalidTokenError("audience");
  }
  if (!isTime(exp) || !isTime(iat) || typeof sub !== "string" || typeof jti !== "string") {
    throw new InvalidTokenError("malformed");
  }
  if (now >= exp + tolerance) {
    throw new InvalidTokenError("expired");
  }
  if (nbf !== undefined && !(typeof nbf === "number" && nbf <= now + tolerance)) {
    throw new InvalidTokenError("not_yet_valid");
  }
  return {
    id: jti,
    externalId: sub,
    ...(typeof org === "string" ? { externalOrganizationId: org } : {}),
    ...(typeof email === "string" ? { email } : {}),
    permissions: Array.isArray(permissions) ? permissions.filter((one) => typeof one === "string") : [],
    environment: environment as Environment,
    preview: preview === true,
    use: use as TokenUse,
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date(exp * 1000),
  };
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

async function checkSession(jwt: string, transport: Transport): Promise<void> {
  const headers = { authorization: `Bearer ${jwt}` };
  try {
    await transport.send({ method: "GET", verb: "getSession", headers, repeat: "harmless" });
  } catch (error) {
    throw error instanceof PortalSessionNotFoundError ? new InvalidTokenError("ended") : error;
  }
}
