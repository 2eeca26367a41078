// A portal at the real gateway, and browsers in front of it.

import { Vestibule } from "@vestibule/sdk";

import { startPortalClient } from "../../dist/esm/browser/portal_client.js";
import { fetchOf, testEnvironment, testPage } from "./browser.mjs";
import { ROOT_KEY, startGateway } from "./gateway.mjs";

export const ORIGIN = "http://localhost:3002";
let browsers = 0;

export async function startPortal() {
  const gateway = await startGateway();
  const backend = new Vestibule({ url: gateway.url, rootKey: ROOT_KEY, portal: "my-portal", permissions: ["keys:read"] });
  return {
    url: gateway.url,
    stop: () => gateway.stop(),
    mint: (fields) => backend.sessions.create({ externalId: "jane", ...fields }),
    revoke: (id) => backend.sessions.revoke({ id }),
    /** Of a browser without a session. */
    fetchAs: () => fetchOf(ORIGIN),
  };
}

/** A browser whose clients end with the test. */
export function opener(context, portal) {
  const [number, fetch] = [browsers++, fetchOf(ORIGIN)];
  const browser = {
    asked: 0,
    fetch: (...call) => ((browser.asked += 1), fetch(...call)),
    page: (rest, storage) => testPage(`${ORIGIN}/${rest}`, storage),
    open({ page, session, onExpired, ...changes }) {
      const environment = testEnvironment({
        page,
        fetch: browser.fetch,
        origin: ORIGIN,
        channel: (name) => new BroadcastChannel(`${number}:${name}`),
        ...changes,
      });
      const client = startPortalClient({ url: portal.url, slug: "my-portal", session, onExpired }, environment);
      context.after(() => client.close());
      return Object.assign(client, { environment });
    },
    /** Jane's tab. */
    async signedIn(changes = {}) {
      const { sessionId } = await portal.mint();
      const client = browser.open({ page: browser.page(`?session=${sessionId}`), ...changes });
      await client.getSession();
      return client;
    },
  };
  return browser;
}
