// The official SDK in the version that the first argument names: unmodified, with nothing set but the two
// things that it needs. The versions have other names for the same things; the checks that are the same for
// both use the names from here.

import assert from "node:assert/strict";

const version = process.argv[2];
const name = `unkey-api-${version.replaceAll(".", "-")}`;
const { Unkey } = await import(name);
const errors = await import(`${name}/models/errors`);

export const unkey = new Unkey({
  serverURL: process.env.VESTIBULE_URL,
  rootKey: process.env.VESTIBULE_ROOT_KEY,
});

const OLDER = { portal: "slug", permissions: "permissions", exchange: "exchangeSession", ticket: "sessionId", token: "token" };
const NEWER = { portal: "portal", permissions: "scopes", exchange: "exchangeCode", ticket: "code", token: "accessToken" };
export const names = version === "2.5.0" ? OLDER : NEWER;

export function createSession({ portal = "my-portal", permissions = ["keys:read"] } = {}) {
  return unkey.portal.createSession({
    [names.portal]: portal,
    externalId: "user_123",
    [names.permissions]: permissions,
  });
}

/** Resolves to the browser token. */
export async function exchange(ticket) {
  const { result } = await unkey.portal[names.exchange]({ [names.ticket]: ticket });
  return result.data[names.token];
}

export function ticketOf(created) {
  return new URL(created.result.data.url).searchParams.get("session");
}

/** The error that a call throws, after a look at what all typed errors of the SDK have. */
export async function errorOf(call, { kind, status, code }) {
  const error = await call.then(
    () => assert.fail(`a ${kind} was expected`),
    (error) => error,
  );
  assert.ok(error instanceof errors[kind], `expected ${kind}, got ${error.name}: ${error.message}`);
  assert.equal(error.statusCode, status);
  assert.equal(error.error.status, status);
  assert.ok(error.error.type.endsWith(`/errors/${code}`), error.error.type);
  assert.ok(error.error.title && error.error.detail, "a title and a detail");
  assert.match(error.meta.requestId, /^req_\w{16,}$/);
  return error;
}
