// What a portal's server passes on to the gateway: one request for each that it gets, with nothing in it that frames a
// message or names an address but what the server itself knows.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { text } from "node:stream/consumers";

import express from "express";
import { Hono } from "hono";

import { Vestibule } from "@vestibule/sdk";
import { withPortal } from "@vestibule/sdk/express";
import { withPortal as onHono } from "@vestibule/sdk/hono";
import { withPortal as onNext } from "@vestibule/sdk/next";

import { ROOT_KEY, startGateway } from "./support/gateway.mjs";

const servers = [];
const SMUGGLED = "POST /v2/portal.endSession?slug=my-portal HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.66\r\nX-Foo: ";
const PATH = "/v2/portal.getSession";

async function listen(app) {
  const server = createServer(app).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return server.address().port;
}

/** Keeps all that arrives, as Node's own parser reads it. */
async function recorder() {
  const arrived = [];
  const port = await listen(async (request, response) => {
    const { method, url, headers, socket } = request;
    arrived.push({ method, url, headers, socket, body: await text(request) });
    response.setHeader("set-cookie", ["a=1", "b=2"]).end("recorded");
  });
  return { arrived, url: `http://127.0.0.1:${port}` };
}

async function portalOf(url, options = {}) {
  const app = express();
  app.set("env", "test");
  app.use(withPortal({ url, slug: "my-portal", ...options }));
  return listen(app);
}

/** Bytes as they are; the answer up to the end of the connection, or as soon as it is `enough`. */
async function raw(port, bytes, enough = /HTTP\/1.1 [2-5][^]*\r\n\r\n/) {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  let answer = "";
  for await (const chunk of socket) {
    answer += chunk;
    if (enough.test(answer)) break;
  }
  socket.destroy();
  return answer;
}

const framed = {
  "by its length": (method, path, body) => `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  "in chunks": (method, path, body) =>
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTrailer: X-Foo\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\nX-Foo: 1\r\n\r\n`,
};

let gateway;
before(async () => (gateway = await startGateway()));
after(() => (servers.forEach((server) => (server.close(), server.closeAllConnections())), gateway.stop()));

describe("express", () => {
  for (const [how, written] of Object.entries(framed)) {
    test(`a body ${how} is no request of its own`, async () => {
      const { arrived, url } = await recorder();
      const port = await portalOf(url);
      for (const [method, status] of Object.entries({ GET: 400, HEAD: 400, OPTIONS: 400, DELETE: 405, PUT: 405, PATCH: 405, POST: 200 })) {
        const answer = await raw(port, written(method, PATH, SMUGGLED));
        assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), method);
      }
      const [{ method, url: path, body, headers }, ...more] = arrived;
      assert.deepEqual([method, path, body, more], ["POST", PATH, SMUGGLED, []]);
      assert.deepEqual([headers["content-length"], headers["transfer-encoding"], headers.trailer], [`${SMUGGLED.length}`, undefined, undefined]);
    });

    test(`a body ${how} ends nobody's session at the gateway`, async () => {
      const backend = new Vestibule({ url: gateway.url, rootKey: ROOT_KEY, portal: "my-portal", permissions: ["keys:read"] });
      const { token } = await backend.exchange((await backend.sessions.create({ externalId: "jane" })).sessionId);
      const port = await portalOf(gateway.url);
      const victim = `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\nCookie: portal_session_my-portal=${token}\r\n\r\n`;
      for (const method of ["GET", "HEAD", "OPTIONS", "DELETE", "POST"]) {
        await raw(port, written(method, PATH, SMUGGLED));
        assert.match(await raw(port, victim), /^HTTP\/1.1 200 [^]*"externalId":"jane"/, method);
      }
    });
  }

  test("without a body every request arrives, each on a connection of its own, and its cookies come back", async () => {
    const { arrived, url } = await recorder();
    const port = await portalOf(url);
    for (const method of ["GET", "HEAD", "OPTIONS", "POST"]) {
      const answer = await raw(port, `${method} ${PATH}?slug=my-portal HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
      assert.match(answer, /^HTTP\/1.1 200 [^]*set-cookie: a=1\r\nset-cookie: b=2\r\n/i, method);
    }
    assert.deepEqual(arrived.map(({ method, body }) => [method, body]), [["GET", ""], ["HEAD", ""], ["OPTIONS", ""], ["POST", ""]]);
    assert.equal(new Set(arrived.map(({ socket }) => socket)).size, 4);
  });

  test("a body that is too large or does not end is refused, and not read for ever", async () => {
    const { arrived, url } = await recorder();
    const port = await portalOf(url, { timeoutMs: 300 });
    const large = await raw(port, framed["in chunks"]("POST", PATH, "x".repeat(65_537)), /$^/);
    assert.match(large, /^HTTP\/1.1 413 [^]*connection: close/i);
    const slow = await raw(port, `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabc`, /$^/);
    assert.match(slow, /^HTTP\/1.1 408 [^]*connection: close/i);
    assert.deepEqual(arrived, []);
  });

  test("what no browser sends is answered", async () => {
    const port = await portalOf(gateway.url);
    for (const [head, status] of [
      ["TRACE / HTTP/1.1\r\nHost: localhost", 405],
      ["GET / HTTP/1.1\r\nHost: a b", 400],
      ["GET / HTTP/1.1\r\nHost: user@evil.example", 400],
      ["GET / HTTP/1.1\r\nHost: evil.example/x?", 400],
      ["GET / HTTP/1.1\r\nHost: localhost:99999", 400],
      ["GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", 400],
      ["GET / HTTP/1.1\r\nHost: ", 400],
    ]) {
      assert.match(await raw(port, `${head}\r\n\r\n`), new RegExp(`^HTTP/1.1 ${status} `), head);
    }
  });
});

/** What only a server may say, and what ends or frames a connection. */
const SAID = {
  "x-forwarded-for": "203.0.113.66",
  forwarded: "for=203.0.113.66",
  "x-real-ip": "203.0.113.66",
  "cf-connecting-ip": "203.0.113.66",
  "x-forwarded-host": "evil.example",
  "x-forwarded-method": "OPTIONS",
  "x-forwarded-uri": "/evil",
  "x-original-uri": "/evil",
  expect: "100-continue",
  trailer: "x-foo",
  te: "trailers",
  upgrade: "websocket",
  "proxy-authorization": "Basic x",
};
const addressesIn = (headers) => Object.entries(headers).filter(([, value]) => /203\.0\.113|evil|OPTIONS/.test(value));

describe("what the client says of itself counts for nothing", () => {
  /** Passes on one request, and asks about one: what has arrived at the gateway. */
  const portals = {
    async express(url, arrived) {
      const port = await portalOf(url);
      const said = Object.entries(SAID).map((pair) => pair.join(": ")).join("\r\n");
      await raw(port, `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close, cookie\r\nCookie: a=1\r\n${said}\r\n\r\n`);
      await raw(port, `GET /page HTTP/1.1\r\nHost: localhost\r\n${said}\r\n\r\n`);
      return arrived.map(({ headers }) => headers["x-forwarded-for"]);
    },
    async hono(url, arrived) {
      const found = [];
      for (const [env, options] of [
        [undefined, {}],
        [{ incoming: { socket: { remoteAddress: "192.0.2.1" } } }, {}],
        [undefined, { clientAddress: (context) => context.req.header("x-real-ip") && "192.0.2.2" }],
      ]) {
        const app = new Hono();
        app.use(onHono({ url, slug: "my-portal", ...options }));
        for (const path of [PATH, "/page"]) {
          await app.fetch(new Request(`http://localhost${path}`, { headers: SAID }), env);
          found.push(arrived.at(-1).headers["x-forwarded-for"]);
        }
      }
      assert.deepEqual(found, [undefined, undefined, "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"]);
    },
    async next(url, arrived) {
      for (const [options, address] of [[{}, undefined], [{ clientAddress: ({ headers }) => headers.has("x-real-ip") ? "192.0.2.3" : "" }, "192.0.2.3"]]) {
        const gate = onNext({ url, slug: "my-portal", ...options });
        const passed = await gate.proxy(new Request(`http://localhost${PATH}`, { headers: { ...SAID, cookie: "a=1" } }));
        const kept = passed.headers.get("x-middleware-override-headers").split(",");
        assert.deepEqual(kept.sort(), address === undefined ? ["cookie"] : ["cookie", "x-forwarded-for"]);
        assert.equal(passed.headers.get("x-middleware-request-x-forwarded-for") ?? undefined, address);
        await gate.proxy(new Request("http://localhost/page", { headers: SAID }));
        assert.equal(arrived.at(-1).headers["x-forwarded-for"], address);
      }
    },
  };
  for (const [framework, visit] of Object.entries(portals)) {
    test(framework, async (context) => {
      context.mock.method(console, "error", () => {});
      const { arrived, url } = await recorder();
      const addresses = await visit(url, arrived);
      addresses && assert.deepEqual(addresses, ["127.0.0.1", "127.0.0.1"]);
      for (const { headers } of arrived) {
        const own = { ...headers, "x-forwarded-method": "GET", "x-forwarded-uri": "/page" };
        assert.deepEqual(addressesIn(own), []);
        assert.deepEqual(["expect", "trailer", "te", "upgrade"].filter((name) => name in headers), []);
      }
      arrived.forEach(({ headers }) => assert.notEqual(headers["x-forwarded-uri"], "/evil"));
    });
  }
});

test("next and hono pass on no body that does not belong there, and bodies within bounds", async () => {
  const { arrived, url } = await recorder();
  const gate = onNext({ url, slug: "my-portal" });
  const app = new Hono();
  app.use(onHono({ url, slug: "my-portal" }));
  for (const ask of [gate.proxy, (request) => app.fetch(request)]) {
    for (const [method, headers, status] of [
      ["OPTIONS", { "transfer-encoding": "chunked", connection: "upgrade" }, 400],
      ["GET", { "content-length": "5" }, 400],
      ["DELETE", {}, 405],
    ]) {
      const answer = await ask(new Request(`http://localhost${PATH}`, { method, headers }));
      assert.equal(answer.status, status, method);
    }
  }
  assert.deepEqual(arrived, []);
  const post = (body) => app.fetch(new Request(`http://localhost${PATH}`, { method: "POST", body }));
  assert.deepEqual([(await post("x".repeat(65_537))).status, (await post("{}")).status], [413, 200]);
  assert.deepEqual(arrived.map(({ body, headers }) => [body, headers["content-length"]]), [["{}", "2"]]);
});
