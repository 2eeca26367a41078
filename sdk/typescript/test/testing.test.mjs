// The helpers for tests of applications.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { PortalSessionNotFoundError, Vestibule } from "@vestibule/sdk";
import { NotSignedInError } from "@vestibule/sdk/browser";
import { fakeSession, startVestibule } from "@vestibule/sdk/testing";

import { binary } from "../scripts/binary.mjs";

test("a gateway starts, signs somebody in, and is gone when it is stopped", async () => {
  const gateway = await startVestibule({ binary, portals: [{ slug: "billing", landing: "hosted" }, {}] });
  try {
    const { url } = await gateway.vestibule.sessions.create({ externalId: "jane" });
    assert.ok(url.startsWith(`${gateway.url}/portal/billing?`), url);
    const { session, token, cookie } = await gateway.signIn({ externalId: "jo", permissions: ["keys:read"] });
    assert.deepEqual([session.externalId, session.slug], ["jo", "billing"]);
    const portal = new Vestibule({ url: gateway.url, portal: "billing" });
    for (const credential of [token, { cookie }]) {
      assert.equal((await portal.getSession(credential)).id, session.id);
    }
    await gateway.vestibule.sessions.revoke({ id: session.id });
    await assert.rejects(portal.getSession(token), PortalSessionNotFoundError);
  } finally {
    await gateway.stop();
  }
  await assert.rejects(fetch(`${gateway.url}/health/live`));
});

test("a program that is not there, or fails, is told, and leaves no file", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "empty-"));
  const { TMPDIR = "/tmp" } = process.env;
  process.env.TMPDIR = folder;
  context.after(() => ((process.env.TMPDIR = TMPDIR), rm(folder, { recursive: true })));
  await assert.rejects(startVestibule({ binary: "/no/such/vestibule" }), /VESTIBULE_BINARY/);
  await assert.rejects(startVestibule({ binary, portals: [{ slug: "No slug" }] }), /slug/);
  const taken = createServer();
  await new Promise((resolve) => taken.listen(0, "127.0.0.1", resolve));
  context.after(() => taken.close());
  await assert.rejects(startVestibule({ binary, port: taken.address().port }), /in use/);
  assert.deepEqual(await readdir(folder), []);
});

test("another gateway at its port is not taken for it, even one with the same root key", async () => {
  const first = await startVestibule({ binary });
  try {
    const { port } = new URL(first.url);
    await assert.rejects(startVestibule({ binary, port: Number(port), rootKey: first.rootKey }), /in use/);
    assert.ok((await fetch(`${first.url}/health/ready`)).ok);
  } finally {
    await first.stop();
  }
});

test("however many gateways start, one listener ends those that are left", async () => {
  const listeners = () => process.listenerCount("exit");
  await (await startVestibule({ binary })).stop();
  const before = listeners();
  const gateways = await Promise.all([1, 2].map(() => startVestibule({ binary })));
  assert.equal(listeners(), before);
  await Promise.all(gateways.map((gateway) => gateway.stop()));
});

test("the wait for its answer has a limit", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "silent-"));
  context.after(() => rm(folder, { recursive: true }));
  const silent = join(folder, "silent");
  await writeFile(silent, "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
  await assert.rejects(startVestibule({ binary: silent, timeoutMs: 100 }), /within 100 ms/);
});

test("a session of a unit test is there until the test ends it", async () => {
  const session = fakeSession({ externalId: "jané", permissions: ["keys:read"] });
  assert.equal((await session.getSession()).externalId, "jané");
  const [, claims] = (await session.getToken()).split(".");
  assert.equal(JSON.parse(Buffer.from(claims, "base64")).sub, "jané");
  const seen = [];
  session.subscribe(() => seen.push(session.status));
  session.fail();
  await assert.rejects(session.getSession(), /fetch failed/);
  session.recover();
  assert.deepEqual(await session.end(), { returnUrl: "http://localhost:3001/" });
  await assert.rejects(session.getToken(), NotSignedInError);
  session.expire("http://localhost:3001/?reason=session_expired");
  assert.deepEqual(seen, ["failing", "ready", "signed_out", "signed_out"]);
  assert.match(session.redirectUrl, /session_expired$/);
});
