// A component in the company's own page, with a direct token in its script: who may use it from a page, and until when.

import assert from "node:assert/strict";

import { story, visitor } from "./browser.mjs";
import { startForeign, startFront, startPages } from "./places.mjs";
import { backend, createSessionToken, foreignSite, gateway, neighbour, ports, revokeSession } from "./stage.mjs";

const front = await startFront();
const frames = {
  "/sandboxed": `<iframe sandbox="allow-scripts" srcdoc="<h1>Framed</h1>"></iframe>`,
  "/data": `<iframe src="data:text/html,<h1>Framed</h1>"></iframe>`,
};
await startPages(ports.backend, (url) => frames[url] ?? "<h1>The application</h1>");
await startPages(ports.portal, () => "<h1>The portal</h1>");
await startForeign();

/** How a page's script fares with this token: "unreadable", or status and answer. */
function ask(frame, token, verb = "getSession", method = "GET") {
  return frame.evaluate(
    async ([url, init]) => {
      const response = await fetch(url, init).catch(() => null);
      return response === null ? "unreadable" : { status: response.status, ...(await response.json()) };
    },
    [`${gateway}/v2/portal.${verb}`, { method, headers: { authorization: `Bearer ${token}` } }],
  );
}

async function open(t, address) {
  const page = await (await visitor(t)).newPage();
  await page.goto(address);
  return page;
}

function isOver(answer) {
  assert.equal(answer.status, 401);
  assert.ok(answer.error.type.endsWith("/authentication/portal_session_not_found"), answer.error.type);
}

for (const format of ["opaque", "jwt"]) {
  story(`a page of a listed origin uses its token until it is revoked (${format})`, async (t) => {
    const { token, id } = await createSessionToken("component", { format });
    const page = await open(t, backend);
    for (let times = 0; times < 2; times += 1) {
      const { status, data } = await ask(page, token);
      assert.deepEqual([status, data.id, data.externalId], [200, id, "jane"]);
    }
    assert.deepEqual(await revokeSession({ id }), { revoked: 1 });
    isOver(await ask(page, token));
    isOver(await ask(page, token, "getToken"));
    isOver(await ask(page, token, "endSession", "POST"));
  });
}

story("a page of a listed origin ends its own session", async (t) => {
  const { token } = await createSessionToken("component");
  const page = await open(t, backend);
  assert.equal((await ask(page, token, "endSession", "POST")).status, 200);
  isOver(await ask(page, token));
});

story("the browser asks for leave once in a while, not before each call", async (t) => {
  const { token } = await createSessionToken("component");
  const page = await open(t, backend);
  const before = front.seen.length;
  for (let times = 0; times < 3; times += 1) assert.equal((await ask(page, token)).status, 200);
  const methods = front.seen.slice(before).map(({ method }) => method);
  assert.deepEqual(methods, ["OPTIONS", "GET", "GET", "GET"]);
});

/** Each leads a fresh tab to a page or frame whose origin the portal does not list. */
const strangers = {
  "another site": foreignSite,
  "another port of a listed host": foreignSite,
  "another host of a listed site": neighbour,
  "a host that begins with a listed one": `http://127.0.0.1.localhost:${ports.backend}`,
  "a host that ends with a listed one": `http://not.localhost:${ports.portal}`,
  "a sandboxed frame of a listed page": `${backend}/sandboxed`,
  "a frame of a listed page without an origin": `${backend}/data`,
};

/** What a page of this origin would be told if its browser let it ask. */
function askAs(origin, token, verb) {
  const headers = { authorization: `Bearer ${token}`, origin };
  return fetch(`http://127.0.0.1:${ports.gateway}/v2/portal.${verb}`, { method: "POST", headers });
}

for (const [who, address] of Object.entries(strangers)) {
  story(`with a stolen token, ${who} reads and ends nothing`, async (t) => {
    const { token } = await createSessionToken("component");
    const page = await open(t, address);
    const stranger = page.frames().at(-1);
    const before = front.seen.length;
    const calls = [["getSession", "GET"], ["getToken", "GET"], ["endSession", "POST"], ["authorize", "GET"]];
    for (const [verb, method] of calls) assert.equal(await ask(stranger, token, verb, method), "unreadable");
    const asked = front.seen.slice(before);
    assert.deepEqual([...new Set(asked.map(({ method }) => method))], ["OPTIONS"], "the token never left the browser");
    // The gateway does not rely on browsers for that.
    const origin = asked[0].headers.origin;
    for (const [verb] of calls) {
      const refused = await askAs(origin, token, verb);
      assert.equal(refused.status, 403, `${verb} from ${origin}`);
      assert.equal(refused.headers.get("access-control-allow-origin"), null);
    }
    assert.equal((await ask(await open(t, backend), token)).status, 200, "it still lives");
  });
}
