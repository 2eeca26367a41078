// A real Chromium, and an application on localhost for its tabs: pages, an endpoint for tokens, and the gateway behind `/v2/`, as
// a portal's own proxy passes it on. What the application does can be changed while tabs are open.

import { createServer, request as send } from "node:http";

import { build } from "esbuild";

import { startVestibule } from "@vestibule/sdk/testing";

import { chromium, launchOptions } from "../../../../tests/browser/chromium.mjs";
import { binary } from "../../scripts/binary.mjs";

export const LIMIT_MS = 15_000;

/** What a page loads, with the SDK's exports as `sdk`. */
const ENTRY = `export * from "./dist/esm/browser.js";`;

export async function bundled() {
  const stdin = { contents: ENTRY, resolveDir: process.cwd() };
  const { outputFiles } = await build({ stdin, bundle: true, format: "iife", globalName: "sdk", write: false });
  return outputFiles[0].text;
}

export async function startChromium() {
  // Playwright turns the back-forward cache off, unless it is told not to.
  const browser = await chromium.launch({ ...launchOptions, ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  return { browser, files: { "/sdk.js": await bundled() } };
}

/** `{ url, seen, mints, answer, … }`: an application of its own for each test, with a gateway for its portal. */
export async function startApplication(files) {
  const application = {
    files,
    /** The verbs that the gateway was asked for. */
    seen: [],
    /** How often a token was asked for, and what is answered; without it, a new one of Jane's. */
    mints: 0,
    mintedAtMs: [],
    /** What pages that nobody steers have told. */
    reports: [],
    token: undefined,
    /** What becomes of the gateway's answers, by verb. */
    rewrite: (verb, data) => data,
    lose: () => false,
  };
  const server = createServer((request, response) => void answer(application, request, response));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://localhost:${server.address().port}`;
  const gateway = await startVestibule({ binary, publicUrl: url, portals: [{ url: `${url}/portal`, returnUrl: `${url}/home` }] });
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await gateway.stop();
  };
  return Object.assign(application, { url, gateway, vestibule: gateway.vestibule, stop });
}

async function answer(application, request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  const file = application.files[pathname];
  if (pathname.startsWith("/v2/")) {
    passOn(application, request, response, /portal\.(\w+)/.exec(pathname)[1]);
  } else if (pathname === "/token") {
    application.mints += 1;
    application.mintedAtMs.push(performance.now());
    const { status = 200, ...body } = await (application.token ?? minted)(application, application.mints);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  } else if (pathname === "/report") {
    application.reports.push(JSON.parse(Buffer.concat(await request.toArray())));
    response.end();
  } else if (pathname === "/echo") {
    response.end(request.headers.authorization);
  } else if (pathname.endsWith(".js")) {
    response.writeHead(200, { "content-type": "text/javascript" }).end(file);
  } else {
    const body = file ?? `<title>A page</title><script src="/sdk.js"></script>`;
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(`<!doctype html><html lang="en"><link rel="icon" href="data:,">${body}`);
  }
}

const minted = ({ vestibule }) => vestibule.sessionTokens.create({ externalId: "jane", permissions: ["keys:read"] });

function passOn(application, request, response, verb) {
  const { method, url, headers } = request;
  application.seen.push(verb);
  const onward = send(`${application.gateway.url.replace("localhost", "127.0.0.1")}${url}`, { method, headers }, async (got) => {
    const text = Buffer.concat(await got.toArray()).toString();
    if (application.lose(verb)) {
      request.socket.destroy();
      return;
    }
    const { data, ...rest } = JSON.parse(text);
    const body = data === undefined ? text : JSON.stringify({ ...rest, data: application.rewrite(verb, data) });
    const kept = Object.entries(got.headersDistinct).filter(([name]) => !["content-length", "transfer-encoding"].includes(name));
    response.writeHead(got.statusCode, Object.fromEntries(kept)).end(body);
  });
  onward.on("error", () => request.socket.destroy());
  request.pipe(onward);
}

/** A browser of its own, which no error of a script may happen in. */
export async function visitor(context, browser) {
  const visit = await browser.newContext();
  visit.setDefaultTimeout(LIMIT_MS);
  const faults = [];
  visit.on("weberror", (error) => faults.push(error.error()));
  visit.on("console", (message) => {
    // The browser itself tells of every 401 and of every lost connection.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) {
      faults.push(message.text());
    }
  });
  context.after(async () => {
    await visit.close();
    if (faults.length > 0) {
      throw new AggregateError(faults, `${faults}`);
    }
  });
  return visit;
}
