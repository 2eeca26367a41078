// The package as others install it: both kinds of module, types that are true, no dependency, and types of the wire that
// are those of the gateway.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

import { generatedFile, generatedTypes } from "../scripts/types.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = Object.keys(manifest.exports).filter((name) => name !== "./package.json");
const named = (entry) => manifest.name + entry.slice(1);

test("the generated types are those of the gateway", async () => {
  const same = (await readFile(generatedFile, "utf8")) === (await generatedTypes());
  assert.ok(same, "src/generated/gateway.ts has fallen behind: npm run generate");
});

test("import and require give the same names", async () => {
  const require = createRequire(import.meta.url);
  for (const entry of entries) {
    const byImport = Object.keys(await import(named(entry))).sort();
    assert.deepEqual(Object.keys(require(named(entry))).sort(), byImport, entry);
    assert.notEqual(byImport.length, 0, entry);
  }
});

test("nothing is needed at run time", () => {
  assert.equal(manifest.dependencies, undefined);
});

for (const project of ["test/types", "test/types/react18"]) {
  test(`the types hold in strict code: ${project}`, () => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    execFileSync(process.execPath, [tsc, "--project", project], { cwd: root, stdio: "inherit" });
  });
}

test("it is packed with its licence and its words, and what is packed has been built", async () => {
  const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, encoding: "utf8" });
  const files = JSON.parse(packed)[0].files.map((file) => file.path).filter((path) => !path.startsWith("dist/"));
  assert.deepEqual(files.sort(), ["LICENSE", "README.md", "package.json"]);
  assert.equal(await readFile(join(root, "LICENSE"), "utf8"), await readFile(join(root, "../../LICENSE"), "utf8"));
  assert.equal(manifest.scripts.prepack, manifest.scripts.build);
});

test("publint and attw find nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "vestibule-pack-"));
  try {
    execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
    const tarball = await readFile(join(folder, `vestibule-sdk-${manifest.version}.tgz`));
    const buffer = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
    assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
    const { problems } = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
    // Resolution as before Node.js 12: TypeScript's "node10". It knows no `exports`.
    const current = problems.filter((problem) => problem.resolutionKind !== "node10");
    assert.deepEqual(current, []);
  } finally {
    await rm(folder, { recursive: true });
  }
});
