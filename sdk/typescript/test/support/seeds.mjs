// For test/seeds: a gateway whose root keys know their portal, so that a call names its user and nothing else; and
// applications that answer as the web does.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

import { Vestibule } from "@vestibule/sdk";

import { startGateway } from "./gateway.mjs";

export const TEST_KEY = "rk_test_knowing000000000000000000000000000test";
const LIVE_KEY = "rk_live_knowing000000000000000000000000000live";

const rootKey = (key, environment, format) => `
[[workspaces.root_keys]]
id = "knowing-${environment}"
sha256 = "${createHash("sha256").update(key).digest("hex")}"
environment = "${environment}"
default_portal = "embedded"
default_permissions = ["keys:read"]
default_format = "${format}"
`;

/** The environment of an application's server names it, as a client without options expects. `format` is that of tokens. */
export async function startKnowingGateway(format = "opaque") {
  const more = rootKey(LIVE_KEY, "live", format) + rootKey(TEST_KEY, "test", format);
  const gateway = await startGateway({ more });
  Object.assign(process.env, { VESTIBULE_URL: gateway.url, VESTIBULE_ROOT_KEY: LIVE_KEY });
  return gateway;
}

const sites = [];

/** `{ "POST /path": (request) => Response, … }` on a port of its own; its address. */
export async function site(routes) {
  const server = createServer(async (incoming, outgoing) => {
    const { method, headers } = incoming;
    const url = new URL(incoming.url, `http://${headers.host}`);
    const route = routes[`${method} ${url.pathname}`] ?? (() => new Response(null, { status: 404 }));
    const answer = await route(new Request(url, { method, headers }));
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  return listen(server);
}

/** Of a server that has been made, such as `createServer(app)` of Express. */
export async function listen(server) {
  sites.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

/** An API behind the gateway: it answers whose token came, or the gateway's refusal. `asked` are the users. */
export async function api(path, asked = []) {
  const gate = new Vestibule();
  const answer = async (request) => {
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? "";
    try {
      const { externalId } = await gate.authorize(token, { permissions: ["keys:read"] });
      asked.push(externalId);
      return Response.json({ externalId });
    } catch (error) {
      return Response.json({ detail: error.detail }, { status: error.status });
    }
  };
  return site({ [`GET ${path}`]: answer, [`POST ${path}`]: answer });
}

export function closeSites() {
  sites.forEach((server) => (server.close(), server.closeAllConnections()));
}
