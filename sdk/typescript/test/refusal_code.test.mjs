// Which refusals are the gateway's own. What answers in its place ends no session.

import assert from "node:assert/strict";
import { test } from "node:test";

import { codeIn, saysOver } from "../dist/esm/refusal_code.js";

test("a code is the last two segments of an address, and nothing else is one", () => {
  for (const type of ["https://errors.example.com/data/portal_config_not_found", "/errors/data/portal_config_not_found"]) {
    assert.equal(codeIn(type), "data/portal_config_not_found");
  }
  for (const type of [undefined, null, 401, {}, ["/a/b"], "", "unauthorized", "about:blank", "a/b", "https://errors.example.com/", "/a/b?c", "/A/B"]) {
    assert.equal(codeIn(type), undefined, `${type}`);
  }
});

test("a session is over by two codes of a 401, and by nothing else", () => {
  const over = ["authentication/portal_session_not_found", "authentication/portal_token_missing"];
  for (const code of over) {
    assert.deepEqual([saysOver(401, code), saysOver(403, code), saysOver(200, code)], [true, false, false], code);
  }
  for (const code of [undefined, "", "authentication/missing", "authentication/key_not_found", "oauth/invalid_token", `x${over[0]}`, `${over[0]}_`]) {
    assert.equal(saysOver(401, code), false, code);
  }
});
