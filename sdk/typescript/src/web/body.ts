// The body that a browser sends to the gateway through this server: read whole, within bounds, before anything is sent
// on. The client's own framing ends here, so that one request stays one.

import type { Told } from "./answers.js";
import { Refused } from "./incoming.js";

/** The gateway takes 16 KiB, and says so itself. */
const LARGEST_BYTES = 64 * 1024;
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "POST"]);

export type Chunks = AsyncIterable<Uint8Array>;

/** For a method that the gateway has nowhere, and for a body where none belongs. */
export function refusalOf(request: Request): Refused | undefined {
  const { method, headers } = request;
  if (!METHODS.has(method)) {
    return refused(request, { status: 405, words: "This method is not served here.", headers: { allow: [...METHODS].join(", ") } });
  }
  const hasBody = headers.has("transfer-encoding") || Number(headers.get("content-length") ?? 0) !== 0;
  if (method !== "POST" && hasBody) {
    return refused(request, { status: 400, words: "A request of this method has no body here." });
  }
  return undefined;
}

/** What to send on; nothing where the method has no body. */
export async function bodyOf(request: Request, chunks: Chunks | null, patienceMs: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const refusal = refusalOf(request);
  if (refusal !== undefined) {
    throw refusal;
  }
  if (request.method !== "POST") {
    return undefined;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(refused(request, { status: 408, words: "The request came too slowly." })), patienceMs);
  });
  try {
    return await whole(request, chunks, late);
  } finally {
    clearTimeout(timer);
  }
}

async function whole(request: Request, chunks: Chunks | null, late: Promise<never>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  // Not by `for await`, which destroys the stream of a request that is too large, and with it the answer.
  const iterator = chunks?.[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([iterator?.next(), late]);
    if (next === undefined || next.done === true) {
      return new Uint8Array(await new Blob(parts).arrayBuffer());
    }
    bytes += next.value.byteLength;
    if (bytes > LARGEST_BYTES) {
      throw refused(request, { status: 413, words: "The request is too large." });
    }
    parts.push(new Uint8Array(next.value));
  }
}

/** A stream of the web, of which not all can be iterated. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): Chunks & AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    yield next.value;
  }
}

const refused = ({ method, headers }: Request, what: Told) => new Refused(method, headers, what);
