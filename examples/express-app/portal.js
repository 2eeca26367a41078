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
  created: (session, request) => (userOf(request).portalSession = session.id),
});

/** Ends all of a user's sessions in the portal but the one of this browser. */
export const endOtherSessions = ({ id, portalSession }) =>
  vestibule.sessions.revoke({ externalId: id, ...(portalSession && { except: portalSession }) });
