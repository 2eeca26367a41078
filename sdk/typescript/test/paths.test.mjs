// The paths that the gate keeps and hands on are paths of its own site, as strictly as the gateway has it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { cookieIn, cookiesIn } from "../dist/esm/web/cookies.js";
import { holdsCredential, isOrdinary, safePath } from "../dist/esm/web/path.js";

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

test("a signed token is found wherever it begins", () => {
  for (const before of ["/?t=", "/", "/?t=a-", "/?t=eyJ.eyJ-", "/?a=eyJhb&t=", "/?t=%", "/a-b-c-"]) {
    assert.ok(holdsCredential(`${before}eyJhbGci.eyJzdWIi.sig`), before);
  }
  for (const path of ["/?t=xeyJhbGci.eyJzdWIi", "/?t=eyJ.eyJ", "/?t=eyJhbGci&u=.eyJ", "/?t=eyJhbGci.eyj"]) {
    assert.ok(!holdsCredential(path), path);
  }
});

test("a path that does not stop being encoded is none, and may hold a credential", () => {
  const encoded = (times) => `/%${"25".repeat(times - 1)}41`;
  assert.deepEqual([4, 5, 6, 700].map((times) => isOrdinary(encoded(times))), [true, false, false, false]);
  assert.deepEqual([4, 5, 6, 700].map((times) => holdsCredential(encoded(times))), [false, true, true, true]);
  assert.deepEqual([isOrdinary("/" + "a".repeat(1023)), isOrdinary("/" + "a".repeat(1024))], [true, false]);
});

/** Of this process: other work on the machine does not count. */
function cpuMs(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

// As long as Node lets a request's head be, and as bad as a stranger can make it.
const SLOW = {
  "tokens that do not end": "/?" + "eyJ-".repeat(3_750),
  "encoded over and over": "/?%" + "25".repeat(7_500),
  "both": "/?" + "eyJ-".repeat(1_800) + "%" + "25".repeat(3_000),
  "dots": "/?" + "eyJa.".repeat(3_000),
  "a long run": "/?" + "a".repeat(7_500) + "-".repeat(7_500),
};
test("no stranger keeps the server busy by a path or a cookie", () => {
  for (const [name, path] of Object.entries(SLOW)) {
    const spent = cpuMs(() => [holdsCredential, isOrdinary, safePath].forEach((read) => read(path)));
    assert.ok(spent < 200, `${name}: ${spent} ms`);
  }
  for (const cookie of [`a=${" ".repeat(15_000)}x`, `a;${" ".repeat(15_000)}x`, `${" ".repeat(15_000)}=x`, "=".repeat(15_000), ";".repeat(15_000)]) {
    const spent = cpuMs(() => cookiesIn({ get: () => cookie }));
    assert.ok(spent < 200, `${cookie.slice(0, 3)}…: ${spent} ms`);
  }
});

test("cookies are read as browsers send them", () => {
  const headers = new Headers({ cookie: "a=1;b=2; c = x=y ;d; =e" });
  assert.deepEqual(cookiesIn(headers), [["a", "1"], ["b", "2"], ["c ", "x=y"], ["", "e"]]);
  assert.equal(cookieIn(headers, "d"), undefined);
});
