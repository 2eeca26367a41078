// The same application on each framework that the SDK has an entry for. `ask(path, init)` is a browser without a memory.

import { once } from "node:events";
import { createServer, request as send } from "node:http";

import express from "express";
import { Hono } from "hono";

import * as onExpress from "@vestibule/sdk/express";
import * as onHono from "@vestibule/sdk/hono";
import * as onNext from "@vestibule/sdk/next";

const servers = [];

export const closeSites = () => servers.forEach((server) => (server.close(), server.closeAllConnections()));

async function listen(app) {
  const server = createServer(app).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  // The error of a handler is the test's business, not its output's.
  app.set("env", "test");
  const base = `http://127.0.0.1:${server.address().port}`;
  return (path, init) => browse(base + path, init);
}

/** Not by `fetch`, which says by itself that no navigation waits. */
async function browse(url, { method = "GET", headers = {}, body } = {}) {
  const [answer] = await once(send(url, { method, headers }).end(body), "response");
  const found = new Headers(Object.entries(answer.headersDistinct).flatMap(([name, values]) => values.map((value) => [name, value])));
  const chunks = await answer.toArray();
  return new Response(chunks.length > 0 ? Buffer.concat(chunks) : null, { status: answer.statusCode, headers: found });
}

const asking = (answer) => async (path, init) => answer(new Request(`http://127.0.0.1${path}`, withHost(init)));
const withHost = (init) => ({ ...init, headers: { host: "127.0.0.1", ...init?.headers } });

/** `/portal` is the route, `/billing` a page that users are sent home to, `/token` the endpoint for tokens. */
export const backends = {
  express(vestibule, user, options = {}) {
    const app = express();
    const own = { vestibule, user: (request) => user(request.get("x-user")), ...options };
    const backend = onExpress.portalBackend(own);
    app.all("/portal", backend);
    app.get("/billing", backend.comingBack, (_request, response) => response.send("Billing"));
    app.all("/token", onExpress.sessionTokenRoute(own));
    return listen(app);
  },
  hono(vestibule, user, options = {}) {
    const app = new Hono();
    const own = { vestibule, user: (context) => user(context.req.header("x-user")), ...options };
    const backend = onHono.portalBackend(own);
    app.all("/portal", backend);
    app.get("/billing", backend.comingBack, (context) => context.text("Billing"));
    app.all("/token", onHono.sessionTokenRoute(own));
    return asking((request) => app.fetch(request));
  },
  next(vestibule, user, options = {}) {
    const own = { vestibule, user: (request) => user(request.headers.get("x-user")), ...options };
    const { GET, POST, comingBack } = onNext.portalBackend(own);
    const token = onNext.sessionTokenRoute(own);
    return asking(async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/billing") return (await comingBack(request)) ?? new Response("Billing");
      return pathname === "/token" ? token(request) : (request.method === "POST" ? POST : GET)(request);
    });
  },
};

/** As Next.js does it: with the headers that the proxy names, and its cookies before those of the answer. */
async function rewritten(onward, request, told) {
  const names = told.get("x-middleware-override-headers").split(",");
  const headers = Object.fromEntries(names.map((name) => [name, told.get(`x-middleware-request-${name}`)]));
  const answer = await browse(onward, { method: request.method, headers, body: await request.text() });
  told.getSetCookie().forEach((cookie) => answer.headers.append("set-cookie", cookie));
  return answer;
}

/** Every path answers who is there; `/admin` needs `admin:read`; `/raw` is an answer past the framework. */
export const portals = {
  express(options) {
    const app = express();
    const gate = onExpress.withPortal(options);
    app.use(gate);
    app.all("/admin", gate.requires("admin:read"));
    app.all("/raw", (_request, response) => response.writeHead(200, { "content-type": "text/plain" }).end("raw"));
    app.use((request, response) => response.send(gate.user(request).externalId));
    return listen(app);
  },
  hono(options) {
    const app = new Hono();
    const gate = onHono.withPortal(options);
    app.use(gate);
    app.use("/admin", gate.requires("admin:read"));
    app.all("/raw", () => new Response("raw"));
    app.all("*", (context) => context.text(gate.user(context).externalId));
    return asking((request) => app.fetch(request));
  },
  next(options) {
    const gate = onNext.withPortal(options);
    const page = gate.route(({ url }, user) => new Response(new URL(url).pathname === "/raw" ? "raw" : user.externalId));
    return asking(async (request) => {
      const isAdmin = new URL(request.url).pathname === "/admin";
      const passed = await gate.proxy(request, isAdmin ? { permissions: ["admin:read"] } : {});
      const onward = passed.headers.get("x-middleware-rewrite");
      if (onward !== null) return rewritten(onward, request, passed.headers);
      if (passed.headers.get("x-middleware-next") === null) return passed;
      const { body, status, headers } = await page(request, {});
      passed.headers.forEach((value, name) => headers.append(name, value));
      return new Response(body, { status, headers });
    });
  },
};
