// All that this backend needs for its portal.

import { Vestibule } from "@vestibule/sdk";
import { portalBackend } from "@vestibule/sdk/express";

import { userOf } from "./accounts.js";

const { VESTIBULE_URL, VESTIBULE_ROOT_KEY } = process.env;
const permissions = ["invoices:read", "invoices:send"];
const vestibule = new Vestibule({ url: VESTIBULE_URL, rootKey: VESTIBULE_ROOT_KEY, portal: "my-portal", permissions });

/** Leads whoever is signed in into the portal. */
export const openPortal = portalBackend({
  vestibule,
  signIn: "/sign-in",
  user: (request) => userOf(request) && { externalId: userOf(request).id, email: userOf(request).email },
  created: ({ id }, request) => userOf(request).portalSessions.add(id),
});

/** Ends a user's sessions in the portal but those of this sign-in: which of them the browser uses, the portal alone knows. */
export async function endOtherSessions({ id: externalId, portalSessions }) {
  for await (const { id } of vestibule.sessions.list({ externalId })) {
    if (!portalSessions.has(id)) await vestibule.sessions.revoke(id);
  }
}
