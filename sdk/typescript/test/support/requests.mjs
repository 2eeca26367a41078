// Requests as browsers and proxies make them.

/** Of a page that is loaded. */
export const navigation = { "sec-fetch-mode": "navigate", accept: "text/html" };
/** Of a page's script. */
export const script = { "sec-fetch-mode": "cors", accept: "*/*" };

/** What a proxy that has asked the gateway tells of a user. */
export const toldOf = (externalId, permissions) => ({
  "portal-session-id": "sess_1",
  "portal-slug": "my-portal",
  "portal-external-id": externalId,
  "portal-permissions": permissions,
  "portal-environment": "live",
  "portal-preview": "false",
  "portal-expires-at": `${Date.now() + 60_000}`,
});
