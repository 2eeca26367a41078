// The parts of a signed token, read strictly: one spelling for each token, and no header that would hand the choice of key or
// algorithm to whoever wrote it. Nothing here is believed before the signature has been checked.

import { VestibuleError } from "../errors.js";

export type InvalidTokenReason =
  | "malformed"
  | "unknown_key"
  | "algorithm"
  | "signature"
  | "issuer"
  | "audience"
  | "expired"
  | "not_yet_valid"
  | "ended"
  | "no_credential";

const SENTENCES: Readonly<Record<InvalidTokenReason, string>> = {
  malformed: "This is no signed token of a gateway.",
  unknown_key: "The gateway has no such key.",
  algorithm: "The token names another algorithm than its key has.",
  signature: "The signature is not the gateway's.",
  issuer: "Another gateway has issued the token.",
  audience: "The token is meant for somebody else.",
  expired: "The token has expired.",
  not_yet_valid: "The token is not valid yet: does this server's clock lag behind?",
  ended: "The token's session has ended.",
  no_credential: "Only the token of a direct session can be checked online.",
};

/** The token is not to be believed. It is not in the message. */
export class InvalidTokenError extends VestibuleError {
  override readonly name = "InvalidTokenError";
  readonly reason: InvalidTokenReason;

  constructor(reason: InvalidTokenReason) {
    super(SENTENCES[reason]);
    this.reason = reason;
  }
}

type Json = { readonly [key: string]: unknown };

export interface Parts {
  readonly kid: string;
  readonly alg: string;
  readonly claims: Json;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly signed: Uint8Array<ArrayBuffer>;
}

/** Longer than any that the gateway issues; metadata is not in a token. */
const LONGEST = 65_536;
const HEADERS = new Set(["alg", "typ", "kid"]);

export function parts(jwt: string): Parts {
  const segments = typeof jwt === "string" && jwt.length <= LONGEST ? jwt.split(".") : [];
  const [head, body, tail] = segments;
  if (segments.length !== 3 || head === undefined || body === undefined || tail === undefined) {
    throw new InvalidTokenError("malformed");
  }
  const header = json(bytes(head));
  // `jwk`, `jku`, `x5u`, `crit`: the gateway writes none of them.
  const plain = Object.keys(header).every((name) => HEADERS.has(name)) && header["typ"] === "JWT";
  const { kid, alg } = header;
  if (!plain || typeof kid !== "string" || typeof alg !== "string") {
    throw new InvalidTokenError("malformed");
  }
  const signed = new TextEncoder().encode(`${head}.${body}`);
  return { kid, alg, claims: json(bytes(body)), signature: bytes(tail), signed };
}

/** The one spelling alone: without padding, and without bits that nobody reads. */
function bytes(segment: string): Uint8Array<ArrayBuffer> {
  if (/^[A-Za-z0-9_-]*$/.test(segment) && segment.length % 4 !== 1) {
    const binary = atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
    const again = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    if (again === segment) {
      return Uint8Array.from(binary, (character) => character.charCodeAt(0));
    }
  }
  throw new InvalidTokenError("malformed");
}

function json(text: Uint8Array): Json {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Json;
    }
  } catch {
    // Told below.
  }
  throw new InvalidTokenError("malformed");
}
