// Who is in the portal, and how they get in and out.

import { withPortal } from "@vestibule/sdk/next";

export const portal = withPortal({
  url: process.env.VESTIBULE_URL,
  slug: "my-portal",
  // Only behind a proxy that has asked the gateway, as docs/deploy.md configures it.
  trustProxy: process.env.BEHIND_PROXY === "true",
});
