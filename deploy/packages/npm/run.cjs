#!/usr/bin/env node
// Runs `vestibule dev` from the package of this machine's system and processor. npm has installed that one alone.

const { spawn } = require("node:child_process");

const name = `@vestibule/playground-${process.platform}-${process.arch}`;
let binary;
try {
  binary = require.resolve(`${name}/vestibule`);
} catch {
  console.error(`There is no playground for ${process.platform} on ${process.arch}: ${name} is not installed.`);
  process.exit(1);
}

const child = spawn(binary, ["dev", ...process.argv.slice(2)], { stdio: "inherit" });
// Ctrl-C reaches both by the terminal; the others only this process.
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
process.on("SIGINT", () => {});
child.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
child.on("exit", (code) => process.exit(code ?? 1));
