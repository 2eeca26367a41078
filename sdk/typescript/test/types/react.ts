// Compiled, never run, with the types of React 19 and of React 18: what components write, and what must not compile.

import { createElement, type ReactElement } from "react";

import { PortalProvider, SessionExpiring, SignedIn, SignedOut, TokenProvider, useSession, useToken } from "@vestibule/sdk/react";
import { fakeSession } from "@vestibule/sdk/testing";

declare const optional: string | undefined;

export function Page(): ReactElement {
  const { status, session, redirectUrl, end } = useSession();
  const { getToken, fetch } = useToken();
  status satisfies "loading" | "ready" | "failing" | "signed_out" | "user_changed";
  const out = async () => location.assign((await end()).returnUrl ?? "/");
  const call = async () => (await fetch("keys", { headers: { "x-token": await getToken() } })).json();
  return createElement("button", { onClick: out, onBlur: call, title: redirectUrl }, session?.externalId);
}

export const app = [
  createElement(PortalProvider, { url: "/", slug: "my-portal", onExpired: () => {} }, createElement(Page)),
  createElement(PortalProvider, { client: fakeSession() }, createElement(SignedIn, null, "in")),
  createElement(TokenProvider, { sessionTokenUrl: "/token", token: optional }, createElement(SignedOut, null, "out")),
  createElement(TokenProvider, { token: "pt_test_1" }),
  createElement(SessionExpiring, { within: 60, children: (seconds) => `${seconds.toFixed()} s` }),
  // @ts-expect-error: of which portal?
  createElement(PortalProvider, { url: "/" }),
  // @ts-expect-error: a number of seconds
  createElement(SessionExpiring, { within: "60" }),
];
