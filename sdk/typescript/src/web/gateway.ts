// The gateway, as the portal's server reaches it: the SDK asks it as a proxy before the portal would, and passes on what
// browsers send to the gateway itself: the headers that it reads, and a body that this server has read.

import { gatewayAddress } from "../gateway_address.js";
import { bodyOf, type Chunks } from "./body.js";

export interface GatewayOptions {
  /** Where this server reaches the gateway, such as `http://127.0.0.1:8080`; default: the environment's `VESTIBULE_URL`. */
  readonly url?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** For each answer, and for each body that is passed on; default 5,000. */
  readonly timeoutMs?: number | undefined;
}

/** What browsers may reach of the gateway: its pages, and what checks for itself who asks. */
const ITS_OWN =
  /^(?:\/v2\/portal\.(?:exchangeSession|exchangeCode|getSession|getToken|endSession)|\/\.well-known\/jwks\.json|\/(?:portal|errors)\/.*)$/;
/** Tells who is there and who waits for the answer: a person, a library in a page, another program. */
const ASKED_WITH =
  /^(?:cookie|authorization|origin|accept|accept-language|user-agent|sec-fetch-.*|sec-purpose|purpose|x-purpose|x-moz|next-router-.*|x-requested-with|x-pjax|x-inertia.*|hx-.*|turbo-.*|x-turbo-.*|x-forwarded-for)$/;
/** What the gateway reads of a request to itself, in addition. Whatever frames a message or tells an address is not among it. */
const PASSED_ON = /^(?:content-type|content-encoding|idempotency-key|access-control-request-.*)$/;
/** Of an answer: what belongs to one connection, or to the form that `fetch` has already undone. */
const HOP = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-encoding|content-length|date|server)$/;

export interface Onward {
  readonly method: string;
  readonly headers: Headers;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/** Sends a request to the gateway. */
export type Send = (to: URL, onward: Onward) => Promise<Response>;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #send: Send | undefined;

  /** `send`: for what is passed on; default: `fetch`. */
  constructor(options: GatewayOptions, send?: Send) {
    this.#options = options;
    this.#send = send;
  }

  /** Whether a path is the gateway's. Without dot segments, as `URL` has it. */
  owns(path: string): boolean {
    return ITS_OWN.test(path);
  }

  /** `portal.authorize` about a request. Throws where nobody answers. */
  async ask(query: URLSearchParams, method: string, path: string, asked: Headers): Promise<Response> {
    const headers = filtered(asked, (name) => ASKED_WITH.test(name));
    headers.set("x-forwarded-method", method);
    headers.set("x-forwarded-uri", path);
    const call = () => this.#fetch(new URL(`${this.#base()}/v2/portal.authorize?${query}`), { headers });
    // A connection that the gateway has just closed: asking again does no harm. One that hangs would be waited for twice.
    return call().catch((error: unknown) => {
      if ((error as Error | undefined)?.name === "TimeoutError") {
        throw error;
      }
      return call();
    });
  }

  /** Where the gateway has what a browser asks for here. */
  addressOf(request: Request): URL {
    const { pathname, search } = new URL(request.url);
    return new URL(this.#base() + pathname + search);
  }

  /** A request of a browser to the gateway, and its answer. Throws where nobody answers, and `Refused` where nobody is asked. */
  async passOn(request: Request, chunks: Chunks | null): Promise<Response> {
    const body = await bodyOf(request, chunks, this.#patienceMs);
    const sent = { method: request.method, headers: passedOn(request.headers), ...(body === undefined ? {} : { body }) };
    const send: Send = this.#send ?? ((to, init) => this.#fetch(to, init));
    return relayed(await send(this.addressOf(request), { ...sent, signal: AbortSignal.timeout(this.#patienceMs) }));
  }

  /** Read when it is needed: Next.js loads all modules when it builds, where no gateway is known yet. */
  #base(): string {
    return gatewayAddress(this.#options.url);
  }

  #fetch(address: URL, init: RequestInit): Promise<Response> {
    const { fetch: own = fetch } = this.#options;
    // Frameworks that patch `fetch` would keep one user's answer for the next.
    return own(address, { redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(this.#patienceMs), ...init });
  }

  get #patienceMs(): number {
    return this.#options.timeoutMs ?? 5_000;
  }
}

/** The headers of a request to the gateway that it is to get. */
export const passedOn = (headers: Headers) => filtered(headers, (name) => ASKED_WITH.test(name) || PASSED_ON.test(name));

/** The gateway's answer as one of this server's own. */
export function relayed(answer: Response): Response {
  return new Response(answer.body, { status: answer.status, headers: filtered(answer.headers, (name) => !HOP.test(name)) });
}

function filtered(from: Headers, isKept: (name: string) => boolean): Headers {
  const kept = new Headers();
  // Each `Set-Cookie` comes by itself.
  from.forEach((value, name) => isKept(name) && kept.append(name, value));
  return kept;
}
