// What a page downloads: minified and compressed. React itself is the page's own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

/**
 * `./react` has `./browser` in it. 6 KiB, the rule that tells the gateway's refusals from others', which pages share with
 * servers so that the two cannot differ, and a logout's patience.
 */
const LARGEST = { browser: 6_450, react: 8 * 1024 };

for (const [entry, largest] of Object.entries(LARGEST)) {
  test(`./${entry} is at most ${largest} bytes`, async () => {
    const file = fileURLToPath(new URL(`../dist/esm/${entry}.js`, import.meta.url));
    const options = { bundle: true, minify: true, format: "esm", target: "es2022", write: false, external: ["react"] };
    const { outputFiles } = await build({ entryPoints: [file], ...options });
    const size = gzipSync(outputFiles[0].contents, { level: 9 }).length;
    assert.ok(size <= largest, `${size} bytes`);
  });
}
