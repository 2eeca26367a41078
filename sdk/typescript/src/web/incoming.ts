// A request as it comes in, made into one that the SDK believes: its method and host are some, and the client's address
// is the one that the server sees. What a client says of its own address counts for nothing.

import { told, type Told } from "./answers.js";

/** A request that goes no further. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly answer: Response;

  /** The connection ends, for what is left on it is unread. */
  constructor(method: string, headers: Headers, what: Told) {
    super(what.words);
    this.answer = told(method, headers, { ...what, headers: { connection: "close", ...what.headers } });
  }
}

/** What `Request` does not take. */
const FORBIDDEN = /^(?:CONNECT|TRACE|TRACK)$/i;

/** Where a framework knows the client from. Nothing: nobody knows. */
export type ClientAddress<R> = (request: R) => string | undefined;

/** The answer to what was refused; any other error is thrown on. */
export function answerOf(error: unknown): Response {
  if (error instanceof Refused) {
    return error.answer;
  }
  throw error;
}

export interface Sent {
  readonly method: string;
  readonly url: string | URL;
  readonly headers: Headers;
}

/** Without its body. Throws `Refused` for what no browser sends. */
export function incoming({ method, url, headers }: Sent, clientAddress: string | undefined): Request {
  const believed = believedOf(headers, clientAddress);
  if (FORBIDDEN.test(method)) {
    throw new Refused("GET", believed, { status: 405, words: "This method is not served here." });
  }
  return new Request(url, { method, headers: believed });
}

export function believedOf(headers: Headers, clientAddress: string | undefined): Headers {
  const believed = new Headers(headers);
  believed.delete("x-forwarded-for");
  if (clientAddress !== undefined) {
    believed.set("x-forwarded-for", clientAddress);
  }
  return believed;
}
