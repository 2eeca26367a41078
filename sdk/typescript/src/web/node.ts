// Between Node's own requests and answers, which Express has, and the web's.

import { request as sendPlain, type OnwardAnswer } from "node:http";
import { request as sendTls } from "node:https";

import type { Onward } from "./gateway.js";
import { incoming, Refused } from "./incoming.js";

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Node's `IncomingMessage`, and what Express adds to it. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headersDistinct: { readonly [name: string]: readonly string[] | undefined };
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly originalUrl?: string;
  readonly protocol?: string;
  readonly ip?: string | undefined;
}

/** What is used of Node's `ServerResponse`. */
export interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string | readonly string[]): unknown;
  appendHeader(name: string, value: string): unknown;
  end(body: Uint8Array): unknown;
}

/** Without its body. Throws `Refused` for what no browser sends. */
export function webRequest(request: NodeRequest): Request {
  const headers = new Headers();
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    values?.forEach((value) => headers.append(name, value));
  }
  const url = addressOf(request);
  if (url === undefined) {
    throw new Refused("GET", headers, { status: 400, words: "The request names no host that could be." });
  }
  return incoming({ method: request.method ?? "GET", url, headers }, request.ip ?? request.socket.remoteAddress);

}

function addressOf(request: NodeRequest): URL | undefined {
  const path = (request.originalUrl ?? request.url ?? "/").replace(/^\/*/, "/");
  const [host = "localhost", another] = request.headersDistinct["host"] ?? [];
  const site = `${request.protocol ?? "http"}://${host}`;
  return another === undefined && HOST.test(host) && URL.canParse(path, site) ? new URL(path, site) : undefined;
}

/**
 * Sends a request as a proxy does. Not by `fetch`, which says by itself that no person waits. Rejects where nobody answers.
 */
export function sendByNode(to: URL, { method, headers, body, signal }: Onward): Promise<Response> {
  const send = to.protocol === "https:" ? sendTls : sendPlain;
  const framing = body === undefined ? {} : { "content-length": `${body.byteLength}` };
  // A connection of its own: nothing that one request leaves behind on it can meet another's.
  const options = { method, headers: { ...Object.fromEntries(headers), ...framing }, agent: false, signal } as const;
  return new Promise((resolve, reject) => {
    const onward = send(to, options, (answer) => void answerOf(answer).then(resolve, reject));
    onward.on("error", reject);
    onward.end(body);
  });
}

async function answerOf(answer: OnwardAnswer): Promise<Response> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of answer) {
    parts.push(part);
  }
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    values?.forEach((value) => headers.append(name, value));
  }
  return new Response(parts.length > 0 ? new Blob(parts) : null, { status: answer.statusCode ?? 502, headers });
}

export async function send(answer: Response, response: NodeResponse): Promise<void> {
  response.statusCode = answer.status;
  answer.headers.forEach((value, name) => name !== "set-cookie" && response.setHeader(name, value));
  for (const cookie of answer.headers.getSetCookie()) {
    response.appendHeader("set-cookie", cookie);
  }
  response.end(new Uint8Array(await answer.arrayBuffer()));
}
