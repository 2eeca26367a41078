// What the scripts of a Next.js portal do when a session is over: pages without a browser around them.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { LeaveWhenOver, signOut } from "@vestibule/sdk/next/client";

const ORIGIN = "https://portal.example.com";
const HOME = "https://app.example.com/billing?reason=session_expired";

/** A page at which `answer` is what every `fetch` gets. */
function page(answer) {
  const [calls, gone, kept] = [[], [], new Map()];
  const fetch = async (...call) => (calls.push(call), answer());
  const storage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => void kept.set(name, value) };
  const location = { origin: ORIGIN, pathname: "/invoices/42", search: "?page=2", assign: (address) => gone.push(address) };
  const globals = { window: { fetch }, location, sessionStorage: storage };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return { calls, gone, reload: () => Object.assign(window, { fetch }) };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => {
  mock.timers.reset();
  ["window", "location", "sessionStorage"].forEach((name) => delete globalThis[name]);
});

const refused = (code, status = 401, redirectUrl = HOME) => () =>
  Response.json({ error: { type: `https://errors.example.com/${code}`, redirectUrl } }, { status });
const over = refused("authentication/portal_session_not_found");
const html = (status) => () => new Response("<h1>Sorry</h1>", { status, headers: { "content-type": "text/html" } });
const turns = async () => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
};

test("who signs out goes where the gateway says, and nowhere that is no address of the web", async () => {
  for (const [data, goal] of [
    [{ returnUrl: "https://app.example.com/" }, "https://app.example.com/"],
    [{ returnUrl: "javascript:alert(1)" }, "/"],
    [{}, "/"],
  ]) {
    const { calls, gone } = page(() => Response.json({ data }));
    await signOut();
    assert.deepEqual(gone, [goal]);
    assert.deepEqual([calls[0][0], calls[0][1].method], ["/v2/portal.endSession", "POST"]);
    assert.ok(calls[0][1].signal instanceof AbortSignal);
  }
});

test("one of several portals at a host can be meant", async () => {
  const { calls } = page(() => Response.json({ data: {} }));
  await signOut({ slug: "my-portal" });
  assert.equal(calls[0][0], "/v2/portal.endSession?slug=my-portal");
});

test("who is out already stays out: no reason leads them back in, and no path", async () => {
  for (const code of ["portal_session_not_found", "portal_token_missing"]) {
    const { gone } = page(refused(`authentication/${code}`));
    LeaveWhenOver();
    await signOut();
    assert.deepEqual(gone, ["https://app.example.com/billing"], code);
  }
});

test("a sign-out that failed is told, and goes nowhere", async () => {
  for (const answer of [
    refused("server/service_unavailable", 503),
    refused("authorization/forbidden", 403),
    refused("request/invalid_input", 400),
    refused("authentication/missing", 401),
    html(200),
    html(401),
    html(502),
    () => Promise.reject(new TypeError("fetch failed")),
  ]) {
    const { gone } = page(answer);
    LeaveWhenOver();
    await assert.rejects(signOut(), /answered|fetch failed/);
    assert.deepEqual(gone, []);
  }
});

/** What a gateway says at a limit, then what it says to whoever has waited. */
function limited(retryAfter, then) {
  const type = "https://errors.example.com/too_many_requests/rate_limited";
  const refusal = () => Response.json({ error: { type } }, { status: 429, headers: { "retry-after": retryAfter } });
  let asked = 0;
  return () => ((asked += 1), asked === 1 ? refusal() : then(refusal));
}

test("a sign-out waits once for a limit that has soon room again", async () => {
  const done = () => Response.json({ data: { returnUrl: "https://app.example.com/" } });
  for (const [then, goal] of [
    [done, "https://app.example.com/"],
    [over, "https://app.example.com/billing"],
  ]) {
    const { calls, gone } = page(limited("5", then));
    const leaving = signOut();
    await turns();
    assert.deepEqual([calls.length, gone], [1, []]);
    mock.timers.tick(5_000);
    await leaving;
    assert.deepEqual([calls.length, gone], [2, [goal]]);
  }
});

test("a sign-out that is refused for longer is told as one that nobody knows of", async () => {
  for (const [retryAfter, calls] of [
    ["6", 1],
    ["soon", 1],
    ["1", 2],
  ]) {
    const site = page(limited(retryAfter, (refusal) => refusal()));
    const leaving = assert.rejects(signOut(), ({ status, retryAfter: told }) => status === 429 && told === (Number(retryAfter) || undefined));
    await turns();
    mock.timers.tick(1_000);
    await leaving;
    assert.deepEqual([site.calls.length, site.gone], [calls, []], retryAfter);
  }
});

test("a script whose session is over leaves its page, once for all that hear of it", async () => {
  const { gone } = page(over);
  LeaveWhenOver();
  const calls = [window.fetch("/api/a"), window.fetch("/api/b"), window.fetch("/api/c"), window.fetch("/api/d")];
  const answered = calls.map((call) => call.then(() => "answered"));
  await turns();
  assert.deepEqual(gone, [`${HOME}&path=%2Finvoices%2F42%3Fpage%3D2`]);
  assert.equal(await Promise.race([...answered, "none"]), "none");
});

test("who stays on the page gets the answers, and is led home again later", async () => {
  const { gone } = page(over);
  LeaveWhenOver();
  for (const times of [1, 2]) {
    const answered = window.fetch("/api/a");
    await turns();
    assert.equal(gone.length, times);
    mock.timers.tick(5_000);
    assert.equal((await answered).status, 401);
  }
});

test("a page whose session never arrives leads home three times a minute", async () => {
  const site = page(over);
  for (const times of [1, 2, 3]) {
    LeaveWhenOver();
    void window.fetch("/api/a");
    await turns();
    assert.equal(site.gone.length, times);
    // The page is loaded anew.
    Object.defineProperty(globalThis, "window", { value: {}, configurable: true, writable: true });
    site.reload();
  }
  LeaveWhenOver();
  assert.equal((await window.fetch("/api/a")).status, 401);
  assert.equal(site.gone.length, 3);
});

test("nobody is led away by what another answers, or by what has no session at any time", async () => {
  const foreign = [html(401), refused("authentication/missing"), refused("authentication/portal_session_not_found", 403)];
  const nothing = () => Response.json(null, { status: 401 });
  for (const [answer, init] of [...foreign, nothing].map((one) => [one, {}]).concat([[over, { credentials: "omit" }], [over, { headers: { rsc: "1" } }]])) {
    const { gone } = page(answer);
    LeaveWhenOver();
    assert.equal((await window.fetch("/api/a", init)).status, answer().status);
    assert.deepEqual(gone, []);
  }
});
