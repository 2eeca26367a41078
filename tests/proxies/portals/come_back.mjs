// People who were sent home come back to the page that they asked for, through real proxies.
//
//   node come_back.mjs '{"runs":7,"home":port,"foreign":port,"portal":port,"rootKey":…,"stages":[{"name","origin","gateway"},…]}'
//
// `runs`: how often a story is played at each proxy, one after the other in turn. `home` is the company's application at
// another site: it links into the portal, or leads there at once.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";

import { chromium, launchOptions } from "../../browser/chromium.mjs";

const { runs, rootKey, stages, ...ports } = JSON.parse(process.argv[2]);
const LIMIT_MS = 30_000;
const home = `http://127.0.0.1:${ports.home}`;
const foreign = `http://127.0.0.1:${ports.foreign}`;

const page = (body) => `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,">${body}`;
const servers = [];

/** A site at this port. `answer` gives the body, or `{ location }`. */
async function serve(port, answer) {
  const server = createServer(async (request, response) => {
    const { location, body } = await answer(request, new URL(request.url, "http://site"));
    const headers = location === undefined ? { "content-type": "text/html" } : { location };
    response.writeHead(location === undefined ? 200 : 302, { "cache-control": "no-store", ...headers });
    response.end(page(body ?? ""));
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  servers.push(server);
}

async function call(stage, verb, fields) {
  const response = await fetch(`http://${stage.gateway}/v2/portal.${verb}`, {
    method: "POST",
    headers: { "authorization": `Bearer ${rootKey}`, "content-type": "application/json" },
    body: JSON.stringify({ slug: "my-portal", ...fields }),
  });
  assert.equal(response.status, 200);
  return (await response.json()).data;
}

// Each run has a user of its own, whom the application knows by a cookie.
const posted = new Map();
const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
const userOf = (request) => /user=([\w-]+)/.exec(request.headers.cookie)?.[1];
/** Users whose application leads into the portal at once, and those whom it leads in circles. */
const [hurried, circling] = [new Set(), new Set()];

await serve(ports.home, async (request, url) => {
  const user = userOf(request);
  const stage = stages.find(({ name }) => url.pathname.includes(name));
  if (circling.has(user)) return { location: `${stage.origin}/circle` };
  if (!url.pathname.startsWith("/open/") && !hurried.has(user)) {
    return { body: `<a id="open" href="/open/${stage.name}">Open the portal</a>` };
  }
  const created = await call(stage, "createSession", { externalId: user, permissions: ["keys:read"] });
  return { location: created.url };
});
await serve(ports.portal, async (request) => {
  if (request.method === "POST") count(posted, request.headers["portal-external-id"]);
  const user = request.headers["portal-external-id"];
  return { body: `<h1>${user}</h1><form method="post" action="/save"><button id="save">Save</button></form>` };
});
await serve(ports.foreign, async (_, url) => ({ body: `<a id="link" href="${url.searchParams.get("to")}">Read</a>` }));

const rules = "--host-resolver-rules=MAP portal.example.com 127.0.0.1";
/** One that dies costs the runs that it was in, not those that follow. */
async function launch() {
  const started = await chromium.launch({ ...launchOptions, args: [...launchOptions.args, rules] });
  started.on("disconnected", () => {
    if (!isOver) browser = launch();
  });
  return started;
}
let isOver = false;
let browser = launch();
after(async () => {
  isOver = true;
  await (await browser).close();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

/** One browser of one user at one portal. */
class Person {
  constructor(stage, context, user) {
    Object.assign(this, { stage, context, user });
  }

  async tab() {
    return this.context.newPage();
  }

  /** Asks for a page of the portal and is sent home, for the session is over. */
  async isSentHomeFrom(tab, path) {
    await tab.goto(this.stage.origin + path);
    await this.isHome(tab);
  }

  async isHome(tab) {
    await tab.waitForURL((url) => url.origin === home && url.searchParams.has("reason"));
  }

  async isAt(tab, path) {
    await tab.waitForURL(this.stage.origin + path);
    await tab.getByRole("heading", { name: this.user }).waitFor();
  }

  async signsInTo(tab, path) {
    await tab.locator("#open").click();
    await this.isAt(tab, path);
  }

  async isSignedIn(tab) {
    await tab.goto(`${home}/${this.stage.name}`);
    await this.signsInTo(tab, "/");
  }

  async isSignedOut() {
    await call(this.stage, "revokeSession", { externalId: this.user });
  }

  /** Another user sits down at this browser. */
  async leavesTo(user) {
    this.user = user;
    await this.context.addCookies([{ name: "user", value: user, url: home }]);
  }
}

const stories = {
  async "a deep link with a query"(person) {
    const tab = await person.tab();
    await person.isSignedIn(tab);
    await person.isSignedOut();
    await person.isSentHomeFrom(tab, "/invoices/42?tab=lines&q=a%20b");
    await person.signsInTo(tab, "/invoices/42?tab=lines&q=a%20b");
  },

  // The fragment stays in the browser, from one redirect to the next.
  async "a route in the fragment"(person) {
    hurried.add(person.user);
    const tab = await person.tab();
    await tab.goto(`${person.stage.origin}/app?x=1#/settings/keys`);
    await tab.getByRole("button").click();
    await person.isAt(tab, "/app?x=1#/settings/keys");
  },

  async "two tabs with different targets"(person) {
    const [first, second] = [await person.tab(), await person.tab()];
    await person.isSentHomeFrom(first, "/first?a=1");
    await person.isSentHomeFrom(second, "/second?b=2");
    await person.signsInTo(second, "/second?b=2");
    await person.signsInTo(first, "/first?a=1");
  },

  async "a POST that meets an expired session"(person) {
    const tab = await person.tab();
    await person.isSignedIn(tab);
    await tab.goto(`${person.stage.origin}/form?step=2`);
    await person.isSignedOut();
    await tab.locator("#save").click();
    await person.isHome(tab);
    await person.signsInTo(tab, "/form?step=2");
    assert.equal(posted.get(person.user), undefined);
  },

  async "a logout forgets it"(person) {
    const [first, second] = [await person.tab(), await person.tab()];
    await person.isSentHomeFrom(first, "/secret/1");
    await person.isSentHomeFrom(second, "/secret/2");
    await person.signsInTo(second, "/secret/2");
    await second.evaluate(async () => {
      const options = { method: "POST", headers: { "content-type": "application/json" } };
      const response = await fetch("/v2/portal.endSession?slug=my-portal", options);
      if (!response.ok) throw new Error(await response.text());
    });
    await person.leavesTo(`${person.user}-next`);
    await person.isSignedIn(first);
  },

  async "a foreign site links in"(person) {
    const tab = await person.tab();
    await person.isSignedIn(tab);
    await person.isSignedOut();
    const to = `${person.stage.origin}/news/9?from=letter`;
    await tab.goto(`${foreign}/?to=${encodeURIComponent(to)}`);
    await tab.locator("#link").click();
    await person.isHome(tab);
    await person.signsInTo(tab, "/news/9?from=letter");
  },

  async "a loop ends in words"(person) {
    circling.add(person.user);
    const tab = await person.tab();
    const told = await tab.goto(`${person.stage.origin}/circle`);
    assert.equal(told.status(), 401);
    circling.delete(person.user);
    await tab.getByRole("link", { name: "Sign in" }).click();
    await person.isHome(tab);
    await person.signsInTo(tab, "/circle");
  },
};

async function play(stage, name, run) {
  const context = await (await browser).newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(LIMIT_MS);
  const person = new Person(stage, context, undefined);
  await person.leavesTo(`${stage.name}-${run}`);
  try {
    await stories[name](person);
  } finally {
    await context.close();
  }
}

const names = Object.keys(stories);
for (const stage of stages) {
  test(stage.name, { concurrency: 2 }, async (proxy) => {
    const all = names.map((name, index) =>
      proxy.test(name, async (story) => {
        const lost = [];
        let played = 0;
        for (let run = index; run < runs; run += names.length) {
          await play(stage, name, run).catch((error) => lost.push(`run ${run}: ${error.stack}`));
          played += 1;
        }
        story.diagnostic(`${played - lost.length} of ${played} came back`);
        assert.deepEqual(lost, []);
      }),
    );
    await Promise.all(all);
  });
}
