// The gateway, as the portal's server reaches it: the SDK asks it as a proxy before the portal would, and passes on what
// browsers send to the gateway itself.

import { gatewayAddress } from "../gateway_address.js";

export interface GatewayOptions {
  /** Where this server reaches the gateway, such as `http://127.0.0.1:8080`; default: the environment's `VESTIBULE_URL`. */
  readonly url?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** For each answer; default 5,000. */
  readonly timeoutMs?: number | undefined;
}

/** What browsers may reach of the gateway: its pages, and what checks for itself who asks. */
const ITS_OWN =
  /^(?:\/v2\/portal\.(?:exchangeSession|exchangeCode|getSession|getToken|endSession)|\/\.well-known\/jwks\.json|\/(?:portal|errors)\/.*)$/;
/** Tells who is there and who waits for the answer: a person, a library in a page, another program. */
const ASKED_WITH =
  /^(?:cookie|authorization|origin|accept|accept-language|user-agent|sec-fetch-.*|sec-purpose|purpose|x-purpose|x-moz|next-router-.*|x-requested-with|x-pjax|x-inertia.*|hx-.*|turbo-.*|x-turbo-.*|x-forwarded-for)$/;
/** Of one connection, of the form that `fetch` has already undone, or what only a proxy may say. */
export const HOP =
  /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-encoding|content-length|host|expect|date|server|x-forwarded-(?!for$).*|x-original-.*|x-rewrite-url|forwarded)$/;

export class Gateway {
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions) {
    this.#options = options;
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
    // A connection that the gateway has just closed: asking again does no harm.
    return call().catch(call);
  }

  /** Where the gateway has what a browser asks for here. */
  addressOf(request: Request): URL {
    const { pathname, search } = new URL(request.url);
    return new URL(this.#base() + pathname + search);
  }

  /** A request of a browser to the gateway, and its answer. Throws where nobody answers. */
  async passOn(request: Request): Promise<Response> {
    const { method, headers, body } = request;
    const hasBody = method !== "GET" && method !== "HEAD" && body !== null;
    const sent = filtered(headers, (name) => !HOP.test(name));
    // Read whole: it is small, and a stream needs HTTP/2 or chunks.
    const init = { method, headers: sent, ...(hasBody ? { body: await new Response(body).arrayBuffer() } : {}) };
    return relayed(await this.#fetch(this.addressOf(request), init));
  }

  /** Read when it is needed: Next.js loads all modules when it builds, where no gateway is known yet. */
  #base(): string {
    return gatewayAddress(this.#options.url);
  }

  #fetch(address: URL, init: RequestInit): Promise<Response> {
    const { fetch: own = fetch, timeoutMs = 5_000 } = this.#options;
    const signal = AbortSignal.timeout(timeoutMs);
    // Frameworks that patch `fetch` would keep one user's answer for the next.
    return own(address, { redirect: "manual", cache: "no-store", signal, ...init });
  }
}

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
