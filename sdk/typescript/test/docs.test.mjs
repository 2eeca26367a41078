// The documents' TypeScript is of this SDK, and strict: every example of docs/sdk.md, docs/support.md, of README.md and of the package's own README,
// and every call in the tables of docs/coming-from.md, compiles.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "test/docs/generated");
const document = (name) => readFile(join(root, "../../docs", name), "utf8");

before(() => mkdir(folder, { recursive: true }));
after(() => rm(folder, { recursive: true }));

/** Fenced blocks of TypeScript. */
const examplesIn = (text) => [...text.matchAll(/^```tsx?\n(.*?)^```$/gms)].map(([, code]) => code);

/** What stands alone, as code, in the second column of a table. */
function callsIn(text) {
  const cells = text.split("\n").filter((line) => line.startsWith("| ")).map((line) => line.split(" | ")[1]);
  return cells.flatMap((cell) => /^`([^`]+)`$/.exec(cell)?.[1] ?? []);
}

/** The file that an example says it is, which others import. */
const nameOf = (code) => /^\/\/ (\S+\.tsx?)\n/.exec(code)?.[1];

/** As a module. What is no declaration of one stands in a function, as it would in an application. */
function moduleOf(code) {
  if (/^export /m.test(code)) {
    return code;
  }
  const lines = code.split("\n");
  const imports = lines.filter((line) => line.startsWith("import "));
  const rest = lines.filter((line) => !line.startsWith("import "));
  return `${imports.join("\n")}\nexport async function example() {\n${rest.join("\n")}\n}\n`;
}

test("every example and every call compiles", async () => {
  const texts = [document("sdk.md"), document("support.md"), document("../README.md"), readFile(join(root, "README.md"), "utf8")];
  const examples = (await Promise.all(texts)).flatMap(examplesIn);
  const calls = callsIn(await document("coming-from.md"));
  assert.ok(examples.length >= 7 && calls.length >= 30, `${examples.length} examples and ${calls.length} calls were found`);
  const table = calls.map((call) => `{ ${call}; }`).join("\n");
  for (const [index, code] of [...examples, table].entries()) {
    const path = join(folder, nameOf(code) ?? `example_${index}.tsx`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, moduleOf(code));
  }
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "--project", "test/docs"], { cwd: root, encoding: "utf8" });
  assert.equal(status, 0, stdout);
});
