// Between Node's own requests and answers, which Express has, and the web's.

import { request as sendPlain } from "node:http";
import { request as sendTls } from "node:https";

import { HOP } from "./gateway.js";

const PATIENCE_MS = 30_000;

/** Node's `IncomingMessage`, and what Express adds to it. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: { readonly host?: string | undefined };
  readonly headersDistinct: { readonly [name: string]: readonly string[] | undefined };
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly originalUrl?: string;
  readonly protocol?: string;
  readonly ip?: string | undefined;
  pipe(to: never): unknown;
}

/** What is used of Node's `ServerResponse`. */
export interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string | readonly string[]): unknown;
  appendHeader(name: string, value: string): unknown;
  end(body: Uint8Array): unknown;
}

/** Without its body. */
export function webRequest(request: NodeRequest): Request {
  return new Request(addressOf(request), { method: request.method ?? "GET", headers: headersOf(request) });
}

function headersOf(request: NodeRequest): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    values?.forEach((value) => headers.append(name, value));
  }
  headers.delete("x-forwarded-for");
  const address = request.ip ?? request.socket.remoteAddress;
  if (address !== undefined) {
    headers.set("x-forwarded-for", address);
  }
  return headers;
}

function addressOf(request: NodeRequest): URL {
  const path = (request.originalUrl ?? request.url ?? "/").replace(/^\/*/, "/");
  const site = `${request.protocol ?? "http"}://${request.headers.host ?? ""}`;
  // A `Host` that is none must not end in an error of this server.
  return new URL(path, URL.canParse(site) ? site : "http://localhost");
}

/**
 * Passes a request on as a proxy does, and its answer back. Not by `fetch`, which says by itself that no person waits.
 * Rejects where nobody answers.
 */
export function passOn(request: NodeRequest, response: NodeResponse, to: URL): Promise<void> {
  const headers = Object.fromEntries([...webRequest(request).headers].filter(([name]) => !HOP.test(name)));
  const send = to.protocol === "https:" ? sendTls : sendPlain;
  return new Promise((resolve, reject) => {
    const onward = send(to, { method: request.method ?? "GET", headers, timeout: PATIENCE_MS }, (answer) => {
      response.statusCode = answer.statusCode ?? 502;
      for (const [name, values] of Object.entries(answer.headersDistinct)) {
        HOP.test(name) || response.setHeader(name, [...(values ?? [])]);
      }
      answer.pipe(response as never);
      resolve();
    });
    onward.on("timeout", () => onward.destroy(new Error("The gateway did not answer in time.")));
    onward.on("error", reject);
    request.pipe(onward as never);
  });
}

export async function send(answer: Response, response: NodeResponse): Promise<void> {
  response.statusCode = answer.status;
  answer.headers.forEach((value, name) => name !== "set-cookie" && response.setHeader(name, value));
  for (const cookie of answer.headers.getSetCookie()) {
    response.appendHeader("set-cookie", cookie);
  }
  response.end(new Uint8Array(await answer.arrayBuffer()));
}
