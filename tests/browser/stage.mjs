// The addresses of everyone in a scenario, what a backend asks of the gateway, and what tests/browser.rs does when
// it is asked.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";

const { PUBLIC_PORT, GATEWAY_PORT, PORTAL_PORT, BACKEND_PORT, FOREIGN_PORT, HTTPS_PORT } = process.env;

export const ports = {
  public: PUBLIC_PORT,
  gateway: GATEWAY_PORT,
  portal: PORTAL_PORT,
  backend: BACKEND_PORT,
  foreign: FOREIGN_PORT,
  https: HTTPS_PORT,
};
export const gateway = `http://localhost:${PUBLIC_PORT}`;
export const portal = `http://localhost:${PORTAL_PORT}`;
// 127.0.0.1 is another site than localhost; another port of localhost is another origin of the same site.
export const backend = `http://127.0.0.1:${BACKEND_PORT}`;
export const foreignSite = `http://127.0.0.1:${FOREIGN_PORT}`;
export const neighbour = `http://localhost:${FOREIGN_PORT}`;

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function ask(command) {
  process.stdout.write(`\n@${command}\n`);
  assert.equal((await answers.next()).value, "done");
}

/** Moves the gateway's clock. */
export const forward = (seconds) => ask(`forward ${seconds}`);

/** Sends Redis a signal: `-STOP`, `-CONT`. */
export const signalRedis = (signal) => ask(`redis ${signal}`);

/** The line to tests/browser.rs would keep the script alive. */
export const hangUp = () => process.stdin.destroy();

async function call(verb, body) {
  const response = await fetch(`http://127.0.0.1:${GATEWAY_PORT}/v2/portal.${verb}`, {
    method: "POST",
    headers: { "authorization": `Bearer ${process.env.VESTIBULE_ROOT_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer.data;
}

/** `{ sessionId, url, id, … }` of a new session. */
export function createSession(slug, fields = {}) {
  return call("createSession", { slug, externalId: "jane", permissions: ["keys:read"], ...fields });
}

/** `{ token, id, … }` of a new direct session. */
export function createSessionToken(slug, fields = {}) {
  return call("createSessionToken", { slug, externalId: "jane", permissions: ["keys:read"], ...fields });
}

/** Ends what the fields name. */
export const revokeSession = (fields) => call("revokeSession", fields);

/** `active` and `pending`: one for each session of a user, in alphabetical order. */
export async function statesOf(slug, externalId = "jane") {
  const sessions = await call("listSessions", { slug, externalId });
  return sessions.map((session) => session.state).sort();
}
