// Builds the portals and examples that need it, each once: what is built stays below target/ until a source or a version
// changes.
//
//   node build.mjs next | next-trailing-slash | vite | next-portal | express-app      prints where it is
//   node build.mjs quickstart | guide-<name> <folder>
//
// Of the quickstart and the guides there are only their libraries, in that folder: their reader writes the rest.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const repository = resolve(here, "../../..");
const libraries = resolve(here, "../node_modules");
const sdk = join(repository, "sdk/typescript");
const name = process.argv[2];
// Of a document; its folder.
const folder = process.argv[3];
const isDocument = Boolean(folder);
const isExample = existsSync(join(repository, "examples", name));
const source = isExample ? join(repository, "examples", name) : join(here, name === "vite" ? "vite" : "next");
const place = join(repository, "target/portals", name);
const stamp = join(place, "stamp");

function filesIn(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  // Of whoever has tried the example.
  const own = files.filter(({ parentPath }) => !/\/(?:node_modules|\.next)(?:\/|$)/.test(parentPath.slice(folder.length)));
  return own.map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** Of everything that the result depends on. */
function digest() {
  const hash = createHash("sha256");
  const files = [...(isDocument ? [] : filesIn(source)), fileURLToPath(import.meta.url), join(here, "../package-lock.json")];
  if (isExample || isDocument) files.push(...filesIn(join(sdk, "dist")), join(sdk, "package.json"));
  for (const file of files) {
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

function copySource() {
  const isOwn = (path) => !/\/(?:node_modules|\.next)$/.test(path);
  cpSync(source, place, { recursive: true, filter: isOwn });
  const modules = join(place, "node_modules");
  if (isExample) {
    installSdk(modules);
    linkFolders(modules);
  } else {
    symlinkSync(libraries, modules);
  }
}

/** As npm would: a link would look for the frameworks beside its own source. */
function installSdk(modules) {
  mkdirSync(join(modules, "@vestibule/sdk"), { recursive: true });
  for (const part of ["package.json", "dist"]) {
    cpSync(join(sdk, part), join(modules, "@vestibule/sdk", part), { recursive: true });
  }
}

/** Each library by a link: Node looks for what it needs beside its real place. */
function linkFolders(modules) {
  mkdirSync(modules, { recursive: true });
  readdirSync(libraries).forEach((library) => symlinkSync(join(libraries, library), join(modules, library)));
}

/** The same files under another name: where nothing is configured, Next.js reads nothing outside its folder. */
function linkFiles(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [old, young] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkFiles(old, young);
    else if (entry.isFile()) linkSync(old, young);
  }
}

function build() {
  if (name === "vite") {
    return run("vite/bin/vite.js", ["build", "--logLevel", "warn", "--emptyOutDir", "--outDir", place], source);
  }
  if (isDocument) {
    const modules = join(place, folder, "node_modules");
    if (name === "quickstart" || name === "guide-nextjs") linkFiles(libraries, modules);
    else linkFolders(modules);
    return installSdk(modules);
  }
  copySource();
  const trailing = String(name === "next-trailing-slash");
  const env = { NEXT_TELEMETRY_DISABLED: "1", REPOSITORY: repository, TRAILING_SLASH: trailing };
  if (name.startsWith("next")) run("next/dist/bin/next", ["build"], place, env);
}

const wanted = digest();
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  build();
  writeFileSync(stamp, wanted);
}
console.log(place);
