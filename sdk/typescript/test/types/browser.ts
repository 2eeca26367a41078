// Compiled, never run: what a page writes, and what must not compile.

import { createPortalClient, createTokenClient, NotSignedInError, type PortalSession } from "@vestibule/sdk/browser";

declare const optional: string | undefined;
declare const rendered: PortalSession | undefined;

export const portal = createPortalClient({
  url: new URL("https://sessions.example.com"),
  slug: "my-portal",
  session: rendered,
  onExpired: ({ redirectUrl }) => redirectUrl?.startsWith("https:"),
  sessionParameter: optional,
});

export async function page(): Promise<string> {
  try {
    const { externalId, expiresAt } = await portal.getSession();
    expiresAt satisfies Date;
    return `${externalId} ${await portal.getToken()}`;
  } catch (error) {
    return error instanceof NotSignedInError ? (await portal.end()).returnUrl ?? "/" : portal.status;
  }
}

export const tokens = createTokenClient({ sessionTokenUrl: "/token", token: optional, apis: { test: "/t", live: "/l" } });

export function mistakes(): void {
  // @ts-expect-error: of which portal?
  createPortalClient({ url: "/" });
  // @ts-expect-error: what it knows is not for pages to change
  portal.session = rendered;
  // @ts-expect-error: no such state
  tokens.status satisfies "expired";
}
