// The routes of the customer's backend, on each framework, against the real gateway.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ConnectionError, InvalidInputError, Vestibule } from "@vestibule/sdk";

import { ROOT_KEY, startGateway } from "./support/gateway.mjs";
import { backends, closeSites } from "./support/sites.mjs";

let gateway;
const vestibule = (options) => new Vestibule({ url: gateway.url, rootKey: ROOT_KEY, permissions: ["keys:read"], ...options });
const named = (name) => (name ? { externalId: name } : null);
const jane = { "x-user": "jane" };
const location = (answer) => new URL(answer.headers.get("location"));
const navigation = { "sec-fetch-mode": "navigate", accept: "text/html" };

before(async () => {
  gateway = await startGateway();
});
after(() => (closeSites(), gateway.stop()));

for (const [framework, backend] of Object.entries(backends)) {
  describe(framework, () => {
    let ask;
    const created = [];
    before(async () => {
      ask = await backend(vestibule({ portal: "my-portal" }), named, { created: (session) => void created.push(session) });
    });

    test("whoever is signed in is redirected into the portal", async () => {
      for (const method of ["GET", "POST"]) {
        const answer = await ask("/portal", { method, headers: jane });
        assert.equal(answer.status, 303);
        assert.equal(answer.headers.get("cache-control"), "no-store");
        assert.equal(answer.headers.get("location"), created.at(-1).url);
        const sessionId = new URL(created.at(-1).url).searchParams.get("session");
        const { session } = await vestibule().exchange(sessionId);
        assert.deepEqual([session.externalId, session.id], ["jane", created.at(-1).id]);
      }
    });

    test("nobody is not: they are told, or led to the sign-in page and back", async () => {
      assert.equal((await ask("/portal")).status, 401);
      const withSignIn = await backend(vestibule({ portal: "my-portal" }), named, { signIn: "/sign-in" });
      const answer = await withSignIn("/portal?reason=session_expired&path=%2Finvoices%2F42");
      const signIn = new URL(answer.headers.get("location"), "http://here");
      assert.deepEqual([answer.status, signIn.pathname], [303, "/sign-in"]);
      assert.equal(signIn.searchParams.get("next"), "/portal?reason=session_expired&path=%2Finvoices%2F42");
      const secret = (await withSignIn("/portal?path=%2F%3Fsession%3Dpst_live_x")).headers.get("location");
      assert.equal(secret, "/sign-in?next=%2F", "no session ID goes along");
    });

    test("a page that people are sent home to leads them back in, and is a page for all others", async () => {
      for (const reason of ["session_expired", "session_missing"]) {
        const answer = await ask(`/billing?reason=${reason}`, { headers: jane });
        assert.deepEqual([answer.status, answer.headers.get("location")], [303, created.at(-1).url]);
      }
      for (const [path, headers] of [["/billing", jane], ["/billing?reason=other", jane], ["/billing?reason=session_expired", {}]]) {
        assert.equal(await (await ask(path, { headers })).text(), "Billing", path);
      }
    });

    test("where somebody was goes along, and never leads to another site", async () => {
      const home = "/portal?reason=session_expired&path=";
      for (const path of ["//evil.example", "/\\evil.example", "https://evil.example", "/a\tb", "/.//evil.example", "/%252fevil.example", "/;/evil.example", "/?t=pst_live_x", "x"]) {
        const answer = await ask(home + encodeURIComponent(path), { headers: jane });
        assert.deepEqual([...location(answer).searchParams.keys()], ["session"], path);
        assert.equal(location(answer).origin, "http://localhost:3002");
      }
      const answer = await ask(home + encodeURIComponent("/invoices/42?page=2"), { headers: jane });
      const { path } = await vestibule().exchange(location(answer).searchParams.get("session"));
      assert.equal(path, "/invoices/42?page=2");
    });

    test("a place to go on at keeps nobody out: one that is refused is dropped, and an older gateway leaves it to the portal", async () => {
      const sessions = vestibule({ portal: "my-portal" }).sessions;
      for (const [message, kept] of [["This field is unknown.", "/invoices/42"], ["The path can be read as the address of another host.", null]]) {
        const refusal = { code: "application/invalid_input", status: 400, detail: "", errors: [{ location: "body.path", message }] };
        const create = async ({ path, ...fields }) => {
          if (path !== undefined) throw new InvalidInputError(refusal);
          return sessions.create(fields);
        };
        const other = await backend({ sessions: { create } }, named);
        const answer = await other("/portal?path=%2Finvoices%2F42", { headers: jane });
        assert.deepEqual([answer.status, location(answer).searchParams.get("path")], [303, kept]);
      }
    });

    test("an outage is said, and leads nowhere", async () => {
      const broken = { sessions: { create: () => Promise.reject(new ConnectionError("gone")) } };
      const dark = await backend(broken, named);
      for (const path of ["/portal", "/billing?reason=session_expired"]) {
        const answer = await dark(path, { headers: { ...jane, ...navigation } });
        assert.deepEqual([answer.status, answer.headers.get("retry-after"), answer.headers.get("location")], [503, "5", null]);
        assert.match(await answer.text(), /not available right now/);
      }
    });

    test("what answers in the gateway's place is an outage, whatever its status", async (context) => {
      context.mock.method(console, "error", () => {});
      for (const status of [200, 302, 401, 403, 404, 502, 503]) {
        const foreign = async () => new Response("<h1>Sign in</h1>", { status, headers: { "content-type": "text/html" } });
        const led = await backend(vestibule({ portal: "my-portal", fetch: foreign, retries: 0 }), named);
        for (const [path, init] of [["/portal", {}], ["/billing?reason=session_expired", {}], ["/token", { method: "POST" }]]) {
          const answer = await led(path, { ...init, headers: { ...jane, "sec-fetch-site": "same-origin" } });
          assert.deepEqual([answer.status, answer.headers.get("retry-after"), answer.headers.get("location")], [503, "5", null], `${path} ${status}`);
        }
      }
    });

    test("what only a developer can mend is an error of the application", async () => {
      const wrong = await backend(vestibule({ portal: "no-such-portal" }), named);
      const answer = wrong("/portal", { headers: jane });
      // Next.js makes the 500; here the route itself throws.
      await (framework === "next" ? assert.rejects(answer) : answer.then(({ status }) => assert.equal(status, 500)));
    });

    test("what is fetched ahead creates nothing", async () => {
      const before = created.length;
      const answer = await ask("/portal", { headers: { ...jane, "sec-purpose": "prefetch" } });
      assert.deepEqual([answer.status, created.length], [503, before]);
    });

    test("a page of this site gets a token", async () => {
      const tokens = await backend(vestibule({ portal: "embedded" }), named);
      const headers = { ...jane, "sec-fetch-site": "same-origin" };
      const answer = await tokens("/token", { method: "POST", headers });
      assert.deepEqual([answer.status, answer.headers.get("cache-control")], [200, "no-store"]);
      const { token, externalId, expiresIn, expiresAt } = await answer.json();
      assert.match(token, /^pt_live_/);
      assert.deepEqual([externalId, expiresIn, typeof expiresAt], ["jane", 3600, "number"]);
    });

    const refusals = [
      ["another method", 405, { method: "GET", headers: { ...jane, "sec-fetch-site": "same-origin" } }],
      ["a page of another site", 403, { headers: { ...jane, "sec-fetch-site": "cross-site" } }],
      ["a page of a neighbour", 403, { headers: { ...jane, "sec-fetch-site": "same-site" } }],
      ["an older browser, elsewhere", 403, { headers: { ...jane, origin: "https://evil.example" } }],
      ["no browser at all", 403, { headers: jane }],
      ["nobody", 401, { headers: { "sec-fetch-site": "same-origin" } }],
    ];
    for (const [who, status, init] of refusals) {
      test(`${who} gets no token`, async () => {
        const tokens = await backend(vestibule({ portal: "embedded" }), named);
        const answer = await tokens("/token", { method: "POST", ...init });
        assert.deepEqual([answer.status, answer.headers.get("cache-control")], [status, "no-store"]);
      });
    }
  });
}
