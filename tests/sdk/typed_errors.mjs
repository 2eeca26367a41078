// The gateway's errors as the SDK's own classes. The second argument names the one.

import assert from "node:assert/strict";
import { createSession, errorOf, exchange, names, ticketOf } from "./sdk.mjs";

const cases = {
  async used() {
    const ticket = ticketOf(await createSession());
    await exchange(ticket);
    const code = "authentication/portal_session_not_found";
    const error = await errorOf(exchange(ticket), { kind: "UnauthorizedErrorResponse", status: 401, code });
    assert.equal(error.error.detail, "Session is invalid, expired, or has already been used.");
  },

  async "unknown-key"() {
    const code = "authentication/key_not_found";
    await errorOf(createSession(), { kind: "UnauthorizedErrorResponse", status: 401, code });
  },

  async "bad-slug"() {
    const call = createSession({ portal: "-Bad--slug-" });
    const code = "application/invalid_input";
    const error = await errorOf(call, { kind: "BadRequestErrorResponse", status: 400, code });
    assert.deepEqual(error.error.errors.map((fault) => fault.location), [`body.${names.portal}`]);
    const [{ message, fix }] = error.error.errors;
    assert.ok(message && fix, "what is wrong, and what to write instead");
  },

  async "empty-ticket"() {
    const code = "application/invalid_input";
    const error = await errorOf(exchange(""), { kind: "BadRequestErrorResponse", status: 400, code });
    assert.deepEqual(error.error.errors.map((fault) => fault.location), [`body.${names.ticket}`]);
  },

  async "unknown-slug"() {
    const call = createSession({ portal: "no-such-portal" });
    const code = "data/portal_config_not_found";
    await errorOf(call, { kind: "NotFoundErrorResponse", status: 404, code });
  },

  async forbidden() {
    const call = createSession({ portal: "second-portal", permissions: ["keys:read", "keys:create"] });
    const code = "authorization/insufficient_permissions";
    const error = await errorOf(call, { kind: "ForbiddenErrorResponse", status: 403, code });
    assert.equal(error.error.detail, "This root key may not grant: keys:create.");
  },

  // The gateway allows two creations and one refused exchange a minute.
  async limited() {
    const ticket = ticketOf(await createSession());
    const spare = ticketOf(await createSession());
    const code = "too_many_requests/rate_limited";
    const limited = { kind: "TooManyRequestsErrorResponse", status: 429, code };
    const error = await errorOf(createSession(), limited);
    assert.ok(Number(error.headers.get("retry-after")) > 0);
    await exchange(ticket);
    await assert.rejects(exchange(ticket));
    await errorOf(exchange(spare), limited);
  },
};

await cases[process.argv[3]]();
