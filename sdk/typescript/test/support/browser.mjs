// A browser for the token client: Web Locks and wake-ups as a test plays them, Node's own channels and timers.

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
    watch: (woke) => {
      environment.wake = woke;
      return () => {};
    },
    ...changes,
  };
  return environment;
}
