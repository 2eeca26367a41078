"use client";
// The entry for React, 18 and newer: a provider for each of the two clients of pages, and what components ask of it. A server
// renders what it was told; the client starts in the page.

export { SessionExpiring, SignedIn, SignedOut } from "./react/components.js";
export type { SessionExpiringProps } from "./react/components.js";
export { useSession, useToken } from "./react/hooks.js";
export type { SessionState, TokenState } from "./react/hooks.js";
export { PortalProvider, TokenProvider } from "./react/providers.js";
export type { PortalProviderProps, TokenProviderProps } from "./react/providers.js";
