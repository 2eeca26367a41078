// A backend and a gateway that send a browser back and forth for ever: it ends in words.

import assert from "node:assert/strict";
import { createServer } from "node:http";

import { story, visitor } from "./browser.mjs";
import { startFront } from "./places.mjs";
import { backend, gateway, ports } from "./stage.mjs";

const front = await startFront();
// A broken backend: it takes whoever it is for signed in already and leads back to the portal.
const server = createServer((_, response) => response.writeHead(302, { location: `${gateway}/portal/hosted` }).end());
await new Promise((resolve) => server.listen(ports.backend, "127.0.0.1", resolve));

story("after three times the page says so", async (t) => {
  t.after(() => server.close());
  const page = await (await visitor(t)).newPage();
  const response = await page.goto(`${gateway}/portal/hosted`);
  assert.equal(response.status(), 401);
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  const statuses = front.seen.filter(({ url }) => url === "/portal/hosted").map(({ status }) => status);
  assert.deepEqual(statuses, [302, 302, 302, 401]);
  const action = page.getByRole("link", { name: "Sign in" });
  assert.equal(await action.getAttribute("href"), `${backend}/hosted?reason=session_missing`);
});
