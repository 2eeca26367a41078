// What a user of @unkey/api 2.5.1 writes, word for word. The code comes with the URL that the browser opens.

import assert from "node:assert/strict";
import { Unkey } from "unkey-api-2-5-1";

const unkey = new Unkey({
  serverURL: process.env.VESTIBULE_URL,
  rootKey: process.env.VESTIBULE_ROOT_KEY,
});

const created = await unkey.portal.createSession({
  portal: "my-portal",
  externalId: "user_123",
  scopes: ["keys:read", "keys:create", "keys:reroll", "analytics:read"],
  preview: true,
  returnUrl: "https://app.example.com/settings",
});
const { id, url } = created.result.data;
assert.match(created.result.meta.requestId, /^req_/);
assert.match(id, /^sess_/, "no credential");
const code = new URL(url).searchParams.get("session");
assert.match(code, /^pst_live_/);

const exchanged = await unkey.portal.exchangeCode({ code });
assert.match(exchanged.result.meta.requestId, /^req_/);
assert.ok(Number.isInteger(exchanged.result.data.expiresAt));
console.log(`token ${exchanged.result.data.accessToken}`);
