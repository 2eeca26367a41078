// The paths that the gate keeps and hands on are paths of its own site, as strictly as the gateway has it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { holdsCredential, safePath } from "../dist/esm/web/path.js";

const linesOf = async (name) => {
  const text = await readFile(new URL(`../../../tests/testdata/${name}`, import.meta.url), "utf8");
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("# "));
};
const unescaped = (text) => text.replace(/<U\+([0-9A-F]+)>/g, (_, number) => String.fromCodePoint(parseInt(number, 16)));

test("the gateway and the SDK take the same paths, and write them alike", async () => {
  const lines = await linesOf("portal_paths.txt");
  assert.ok(lines.length > 50, "the corpus is missing");
  for (const line of lines) {
    const [kind, path, written] = line.split(" ").map(unescaped);
    assert.equal(safePath(path), written, line);
    assert.equal(holdsCredential(path) && kind === "kept", false, line);
    assert.equal(kind === "secret", kind !== "refused" && holdsCredential(path), line);
  }
});

test("nothing leads to another host", async () => {
  const names = { CR: "\r", LF: "\n", TAB: "\t", NUL: "\0" };
  for (const line of await linesOf("open_redirects.txt")) {
    const text = line.replace(/<([A-Z]+)>/g, (all, name) => names[name] ?? all);
    for (const path of [text, `/${text}`, `/a/../${text}`].map(safePath)) {
      assert.ok(path === undefined || /^\/(?![/\\])/.test(path), `${line}: ${path}`);
    }
  }
});

test("a path that holds a credential is none, and so is no text at all", () => {
  const jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.sig";
  for (const path of [`/?token=${jwt}`, `/${encodeURIComponent(encodeURIComponent(`?t=${jwt}`))}`, "/?t=pt_test_1", null, undefined, 1, ["/"], "/" + "a".repeat(1024)]) {
    assert.equal(safePath(path), undefined, `${path}`);
  }
  assert.equal(safePath("/" + "a".repeat(1023))?.length, 1024);
});
