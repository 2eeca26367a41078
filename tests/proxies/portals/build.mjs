// Builds the portals that need it, each once: what is built stays below target/ until a source or a version changes.
//
//   node build.mjs next | next-trailing-slash | vite      prints where it is

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const repository = resolve(here, "../../..");
const libraries = resolve(here, "../node_modules");
const name = process.argv[2];
const source = join(here, name === "vite" ? "vite" : "next");
const place = join(repository, "target/portals", name);
const stamp = join(place, "stamp");

/** Of everything that the result depends on. */
function digest() {
  const hash = createHash("sha256");
  const files = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const file of [...files, fileURLToPath(import.meta.url), join(here, "../package-lock.json")]) {
    hash.update(file).update(readFileSync(file));
  }
  return hash.digest("hex");
}

function run(program, args, directory, env = {}) {
  execFileSync(process.execPath, [join(libraries, program), ...args], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

const wanted = digest();
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  if (name === "vite") {
    run("vite/bin/vite.js", ["build", "--logLevel", "warn", "--emptyOutDir", "--outDir", place], source);
  } else {
    cpSync(source, place, { recursive: true });
    symlinkSync(libraries, join(place, "node_modules"));
    const trailing = String(name === "next-trailing-slash");
    const env = { NEXT_TELEMETRY_DISABLED: "1", REPOSITORY: repository, TRAILING_SLASH: trailing };
    run("next/dist/bin/next", ["build"], place, env);
  }
  writeFileSync(stamp, wanted);
}
console.log(place);
