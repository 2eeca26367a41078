// Which answers of `portal.authorize` are its refusals. Whatever else answers in its place, a proxy's page or a redirect,
// says nothing about who is there.

import { UnexpectedAnswerError } from "../errors.js";
import { codeIn, saysOver } from "../refusal_code.js";
import { relayed } from "./gateway.js";

const STATUSES: ReadonlySet<number> = new Set([401, 403, 429, 503]);

/** The gateway's refusal, to be answered as this server's own. Throws for anything else. */
export async function refusalIn(answer: Response, asked: Headers): Promise<Response> {
  const isInertias = answer.status === 409 && asked.has("x-inertia") && answer.headers.has("x-inertia-location");
  const isKnown = STATUSES.has(answer.status) && (isPageForTurbo(answer, asked) || (await isProblem(answer)));
  if ((!isInertias && !isKnown) || answer.headers.has("location")) {
    await answer.body?.cancel();
    throw new UnexpectedAnswerError(answer.status);
  }
  return relayed(answer);
}

/** Turbo leaves its frame for such a page. */
const isPageForTurbo = ({ headers }: Response, asked: Headers) =>
  asked.has("turbo-frame") && (headers.get("content-type") ?? "").startsWith("text/html") && headers.has("x-request-id");

async function isProblem(answer: Response): Promise<boolean> {
  const body = (await answer.clone().json().catch(() => undefined)) as { error?: { type?: unknown } } | null | undefined;
  const code = codeIn(body?.error?.type);
  // A 401 that says something else than that the session is over says nothing about who is there.
  return answer.status === 401 ? saysOver(401, code) : code !== undefined;
}
