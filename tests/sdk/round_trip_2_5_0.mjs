// What a user of @unkey/api 2.5.0 writes, word for word.

import assert from "node:assert/strict";
import { Unkey } from "unkey-api-2-5-0";

const unkey = new Unkey({
  serverURL: process.env.VESTIBULE_URL,
  rootKey: process.env.VESTIBULE_ROOT_KEY,
});

const created = await unkey.portal.createSession({
  slug: "my-portal",
  externalId: "user_123",
  permissions: ["keys:read", "keys:create", "keys:reroll", "analytics:read"],
  preview: true,
});
const { sessionId, url } = created.result.data;
assert.match(created.result.meta.requestId, /^req_/);
assert.match(sessionId, /^pst_live_/);
assert.equal(new URL(url).searchParams.get("session"), sessionId);

const exchanged = await unkey.portal.exchangeSession({ sessionId });
assert.match(exchanged.result.meta.requestId, /^req_/);
assert.ok(Number.isInteger(exchanged.result.data.expiresAt));
console.log(`token ${exchanged.result.data.token}`);
