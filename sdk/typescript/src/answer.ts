// Reads what came back: the gateway's data, its refusal, or something that is not from the gateway at all.
// Knows nothing of tries and time.

import { gatewayError, UnexpectedAnswerError, type Fault, type VestibuleError } from "./errors.js";
import { codeIn } from "./refusal_code.js";

/** A successful answer. */
export interface Answer {
  readonly data: unknown;
  readonly pagination: { readonly cursor?: string; readonly hasMore: boolean } | undefined;
  readonly headers: Headers;
}

type Json = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const textOr = <T>(value: unknown, other: T) => (typeof value === "string" ? value : other);

/** The data of an answer; throws its error. Without data nothing has been done: only what `answersInHeaders` has none. */
export function read(status: number, headers: Headers, text: string, answersInHeaders = false): Answer {
  const body = parse(text);
  if (status === 200 && text === "" && answersInHeaders) {
    return { data: undefined, pagination: undefined, headers };
  }
  if (status === 200 && isObject(body) && (isObject(body["data"]) || Array.isArray(body["data"]))) {
    return { data: body["data"], pagination: body["pagination"] as Answer["pagination"], headers };
  }
  throw refusal(status, headers, body);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(status: number, headers: Headers, body: unknown): VestibuleError {
  const error = isObject(body) ? body["error"] : undefined;
  const code = isObject(error) ? codeIn(error["type"]) : undefined;
  if (!isObject(error) || code === undefined) {
    return new UnexpectedAnswerError(status);
  }
  const meta = isObject(body) && isObject(body["meta"]) ? body["meta"] : {};
  return gatewayError({
    code,
    status,
    type: textOr(error["type"], ""),
    title: textOr(error["title"], ""),
    detail: textOr(error["detail"], ""),
    errors: Array.isArray(error["errors"]) ? (error["errors"] as Fault[]) : [],
    requestId: textOr(meta["requestId"], headers.get("x-request-id") ?? undefined),
    retryAfter: seconds(headers.get("retry-after")),
    redirectUrl: textOr(error["redirectUrl"], undefined),
  });
}

function seconds(header: string | null): number | undefined {
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
