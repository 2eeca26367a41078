// The demo of compose.yaml: an application that knows its users (port 3001), and the portal behind nginx (port 3000).
// Plain HTTP: docs/api.md has the calls, and the SDK makes them shorter.

import { createServer } from "node:http";

const { VESTIBULE_URL, VESTIBULE_ROOT_KEY, APP_PORT = "3001", PORTAL_PORT = "3000" } = process.env;
const USERS = ["jane", "omar"];

const escaped = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function page(response, title, body) {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:1.1rem system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}</style><h1>${title}</h1>${body}</html>`);
}

/** Asks the gateway for a link that signs this user in once. */
async function linkFor(user) {
  const answer = await fetch(`${VESTIBULE_URL}/v2/portal.createSession`, {
    method: "POST",
    headers: { authorization: `Bearer ${VESTIBULE_ROOT_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ slug: "my-portal", externalId: user, permissions: ["invoices:read"] }),
    signal: AbortSignal.timeout(5_000),
  });
  const { data, error } = await answer.json();
  if (!data) throw new Error(error?.detail ?? `status ${answer.status}`);
  return data.url;
}

// A real application knows who is signed in, and takes no name from the address.
const app = createServer(async (request, response) => {
  const user = new URL(request.url, "http://localhost").searchParams.get("portal");
  if (!USERS.includes(user)) {
    const links = USERS.map((name) => `<li><a href="/?portal=${name}">Open the portal as ${name}</a></li>`);
    return page(response, "Acme", `<ul>${links.join("")}</ul>`);
  }
  try {
    response.writeHead(303, { location: await linkFor(user) }).end();
  } catch (error) {
    console.error(error.message);
    response.statusCode = 502;
    page(response, "The portal does not open", "<p>Please try again.</p>");
  }
});

// nginx lets nobody in without a session, and tells in headers who it is.
const portal = createServer((request, response) => {
  const user = request.headers["portal-external-id"] ?? "";
  page(response, "Acme Billing", `<p>Hello <b id="user">${escaped(user)}</b>, you are at <code>${escaped(request.url)}</code>.</p>`);
});

app.listen(Number(APP_PORT), () => console.log(`The application is at http://localhost:${app.address().port}`));
portal.listen(Number(PORTAL_PORT), () => console.log(`The portal listens on port ${portal.address().port}`));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
