// What of the examples a browser does not try: addresses that are meant to lead a visitor away, and sessions that nobody used.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { local } from "../../../examples/express-app/local.js";

test("nobody is led to another site after the sign-in", () => {
  for (const path of ["/portal?path=%2Finvoices%2F42", "/billing", "/"]) {
    assert.equal(local(path), path);
  }
  const tricks = ["//evil.example", "/\\evil.example", "/\t/evil.example", "/\n/evil.example", "/.//evil.example", "/..//evil.example", "\\\\evil.example"];
  for (const next of [...tricks, "https://evil.example", "javascript:alert(1)", "http://[", "/a/..//evil.example", undefined, ["/a", "/b"], {}, 1]) {
    const goal = new URL(local(next), "http://localhost:3001");
    assert.equal(goal.origin, "http://localhost:3001", JSON.stringify(next));
    assert.doesNotMatch(local(next), /^\/[/\\\s]/, JSON.stringify(next));
  }
});

test("the quickstart's backend answers where something is wrong with it", async (context) => {
  const text = await readFile(new URL("../../../docs/quickstart.md", import.meta.url), "utf8");
  const [, code] = /```js\n(\/\/ quickstart\/backend\.mjs\n.*?)```/s.exec(text);
  const folder = fileURLToPath(new URL("./docs/quickstart/", import.meta.url));
  await mkdir(folder, { recursive: true });
  context.after(() => rm(folder, { recursive: true }));
  const told = 'listen(0, "127.0.0.1", function () { console.log(this.address().port); });';
  await writeFile(`${folder}backend.mjs`, code.replace('listen(3001, "127.0.0.1");', told));
  // Without a root key: what only a developer can mend.
  const environment = { ...process.env, VESTIBULE_URL: "http://127.0.0.1:9", VESTIBULE_ROOT_KEY: undefined };
  const backend = spawn(process.execPath, [`${folder}backend.mjs`], { env: environment, stdio: ["ignore", "pipe", "ignore"] });
  context.after(() => backend.kill());
  const [port] = await once(backend.stdout, "data");
  const answer = await fetch(`http://127.0.0.1:${Number(port)}/`, { signal: AbortSignal.timeout(10_000) });
  assert.equal(answer.status, 500);
});
