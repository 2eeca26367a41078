// Builds dist/esm and dist/cjs from src: each with its own declarations, so that both kinds of importer get types
// that are true of what they load.

import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

rmSync(`${root}/dist`, { recursive: true, force: true });
for (const kind of ["esm", "cjs"]) {
  execFileSync(process.execPath, [tsc, "--project", `tsconfig.${kind}.json`], { cwd: root, stdio: "inherit" });
}
// The package says "module"; this folder is the exception.
writeFileSync(`${root}/dist/cjs/package.json`, '{ "type": "commonjs" }\n');
