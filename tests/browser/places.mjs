// Who stands around the gateway: the front that browsers reach it by, the portal, the backend and a foreign site.
// Each keeps what it was asked.

import { createServer, request as send } from "node:http";

import { backend, createSession, gateway, ports, portal } from "./stage.mjs";

const servers = [];

async function listen(server, port) {
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  servers.push(server);
}

export function closePlaces() {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

/** Waits until something is so; the test's own limit ends it. */
export async function until(what) {
  for (;;) {
    const found = await what();
    if (found) return found;
    await pause();
  }
}

/** Before the gateway: what browsers asked it, what it answered, a way to lose an answer; and a page beside it. */
export async function startFront() {
  const front = { seen: [], lose: 0, lost: 0, page: "" };
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    if (url === "/a-page-of-the-portal") return html(response, front.page);
    const onward = send({ host: "127.0.0.1", port: ports.gateway, method, path: url, headers }, (answer) => {
      front.seen.push({ method, url, headers, status: answer.statusCode });
      if (method === "POST" && front.lose > 0) {
        front.lose -= 1;
        front.lost += 1;
        answer.destroy();
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => request.socket.destroy());
    request.pipe(onward);
  });
  await listen(server, ports.public);
  return front;
}

function html(response, body, headers = {}) {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store", ...headers });
  response.end(`<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">${body}`);
}

/** What a portal's page does: exchanges what the address brings, else asks who is there; sends home who is not. */
const portalScript = (slug) => `
  const call = (verb, body, method = "POST") => fetch("${gateway}/v2/portal." + verb, {
    method, credentials: "include", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  (async () => {
    const session = new URLSearchParams(location.search).get("session");
    history.replaceState(null, "", location.pathname);
    const response = session
      ? await call("exchangeSession", { sessionId: session })
      : await call("getSession?slug=${slug}", undefined, "GET");
    const answer = await response.json();
    window.told = JSON.stringify(answer);
    if (!response.ok) {
      document.title = "refused";
      if (answer.error.redirectUrl) location.replace(answer.error.redirectUrl);
      return;
    }
    document.querySelector("#who").textContent = (answer.data.session ?? answer.data).externalId;
  })();`;

/** The portals' pages, one a slug. `seen`: what arrived. */
export async function startPortal() {
  const seen = [];
  const server = createServer((request, response) => {
    const slug = new URL(request.url, portal).pathname.slice(1);
    seen.push({ url: request.url, headers: request.headers });
    html(response, `<h1>The portal</h1><p id="who"></p><script>${portalScript(slug)}</script>`);
  });
  await listen(server, ports.portal);
  return { seen };
}

/**
 * The company's own application: `/<slug>` is the page with the link into the portal, `/open/<slug>` makes a session
 * and leads there. With `comesBack`, a user who was sent home is sent into the portal again at once.
 */
export async function startBackend({ comesBack = false } = {}) {
  const state = { comesBack, seen: [], minted: [], fields: {} };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, backend);
    state.seen.push(url.pathname + url.search);
    const [, first, second] = url.pathname.split("/");
    const slug = first === "open" ? second : first;
    if (first === "favicon.ico") return response.writeHead(404).end();
    if (first === "open" || (state.comesBack && url.searchParams.has("reason"))) {
      const created = await createSession(slug, state.fields);
      state.minted.push(created);
      response.writeHead(302, { location: created.url }).end();
      return;
    }
    html(response, `<h1>Billing</h1><a href="/open/${slug}">Open the portal</a>`);
  });
  await listen(server, ports.backend);
  return state;
}

/** Pages at a port of 127.0.0.1: what `bodyOf` says for each path. */
export const startPages = (port, bodyOf) =>
  listen(createServer((request, response) => html(response, bodyOf(request.url))), port);

/** Pages of somebody else: whatever `page.body` is, on every path. */
export async function startForeign() {
  const page = { body: "<h1>Elsewhere</h1>" };
  await startPages(ports.foreign, () => page.body);
  return page;
}
