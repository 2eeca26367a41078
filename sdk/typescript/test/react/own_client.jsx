// A client that the application makes by itself, where the test asks for it. The server makes one, too.

import { createPortalClient, createTokenClient } from "@vestibule/sdk/browser";

export function ownClient(kind, { own, ...options }) {
  if (own) {
    return kind === "portal" ? createPortalClient(options) : createTokenClient(options);
  }
}
