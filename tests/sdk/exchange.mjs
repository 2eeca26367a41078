// Exchanges the ticket that the second argument names, and tells of every try that the SDK makes by itself:
// "answer <status>" or "no answer", and at the end "token <token>" or "error <class>".

import { subscribe } from "node:diagnostics_channel";
import { exchange } from "./sdk.mjs";

// Node's own fetch tells what it does; the SDK need not be touched.
subscribe("undici:request:headers", ({ response }) => console.log(`answer ${response.statusCode}`));
subscribe("undici:request:error", () => console.log("no answer"));

try {
  console.log(`token ${await exchange(process.argv[3])}`);
} catch (error) {
  console.log(`error ${error.name}`);
}
