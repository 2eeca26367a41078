// A browser for the clients of pages: Web Locks and wake-ups as a test plays them, Node's own channels and timers.

export class TestLocks {
  #queues = new Map();

  /** A tab that holds it and is frozen. */
  freeze(name) {
    this.#queues.set(name, [{ held: true }]);
  }

  request(name, { signal }, hold) {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    return new Promise((resolve, reject) => {
      const entry = { held: false, start: () => hold().then(() => (queue.shift(), this.#next(queue), resolve())) };
      signal.addEventListener("abort", () => {
        if (!entry.held) {
          queue.splice(queue.indexOf(entry), 1);
          reject(signal.reason);
        }
      });
      queue.push(entry);
      this.#next(queue);
    });
  }

  #next(queue) {
    if (queue.length > 0 && !queue[0].held) {
      queue[0].held = true;
      queue[0].start();
    }
  }
}

/** What one tab sees. */
export function testEnvironment(changes = {}) {
  const environment = {
    fetch,
    locks: new TestLocks(),
    channel: (name) => new BroadcastChannel(name),
    monotonic: () => performance.now(),
    wall: () => Date.now(),
    random: Math.random,
    origin: "https://portal.example.com",
    page: undefined,
    watch: (woke) => {
      environment.wake = woke;
      return () => {};
    },
    ...changes,
  };
  return environment;
}

/** A page of a tab. `storage` outlives a reload, `memory` does not. */
export function testPage(address, storage = new Map()) {
  const page = {
    left: [],
    memory: new Map(),
    address: () => address,
    replaceAddress: (other) => (address = other),
    leaveFor: (other) => page.left.push(other),
    storage: () => ({ getItem: (name) => storage.get(name) ?? null, setItem: (name, value) => storage.set(name, value) }),
  };
  return page;
}

/** What a browser adds to a page's requests, and keeps of the answers. */
export function fetchOf(origin, cookies = new Map()) {
  return async (url, { headers, ...init } = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const added = { origin, "sec-fetch-site": "same-site", ...(cookie && { cookie }) };
    const response = await fetch(url, { ...init, headers: { ...headers, ...added } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      value === "" ? cookies.delete(name) : cookies.set(name, value);
    }
    return response;
  };
}

/** The messages of rejections that nobody handles, as a browser reports them, until the test is over. Else each fails the test. */
export function unhandledIn(context) {
  const name = "unhandledRejection";
  const others = process.listeners(name);
  const messages = [];
  process.removeAllListeners(name);
  process.on(name, (error) => messages.push(error.message));
  context.after(() => {
    process.removeAllListeners(name);
    others.forEach((other) => process.on(name, other));
  });
  return messages;
}

/** Until a client's status is this. */
export const reaches = (client, status) => new Promise((resolve) => {
  const look = () => client.status === status && (end(), resolve());
  const end = client.subscribe(look);
  look();
});
