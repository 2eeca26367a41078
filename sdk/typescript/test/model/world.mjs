// A seeded world: one browser with tabs, a server, and all that happens to them in days of virtual time.

import { Judge, Server } from "./server.mjs";
import { Tab } from "./tab.mjs";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Mulberry32: the same seed, the same world. */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Web Locks: one queue for each name. */
class Locks {
  queues = new Map();

  constructor(world) {
    this.world = world;
  }

  request(name, tab, grant) {
    const queue = this.queues.get(name) ?? [];
    this.queues.set(name, queue);
    const request = { name, tab, grant, held: false };
    queue.push(request);
    this.#next(queue);
    return request;
  }

  /** Whether it was still waiting. */
  withdraw(request) {
    const queue = this.queues.get(request.name);
    const waits = !request.held && queue.includes(request);
    if (waits) {
      queue.splice(queue.indexOf(request), 1);
    }
    return waits;
  }

  drop(tab) {
    for (const queue of this.queues.values()) {
      const own = queue.findIndex((request) => request.tab === tab && (request.held || tab.closed));
      if (own >= 0) {
        queue.splice(own, 1);
        this.#next(queue);
      }
    }
  }

  #next(queue) {
    const [first] = queue;
    if (first !== undefined && !first.held) {
      first.held = true;
      this.world.after(1, first.grant);
    }
  }
}

class World {
  nowMs = 0;
  monotonicMs = 0;
  wallOffsetMs = 0;
  /** Another one after each sleep. */
  epoch = 0;
  offline = false;
  tabs = [];
  #queue = [];
  #order = 0;

  constructor(seed, code) {
    this.random = seeded(seed);
    this.code = code;
    this.elapsed = new code.ElapsedClock(() => this.monotonicMs, () => this.wallMs());
    this.judge = new Judge(this);
    this.locks = new Locks(this);
    this.lifeMs = this.pick([60, 60, 300, 300, 900, 3600, 86_400]) * 1000;
    this.server = new Server(this, this.lifeMs);
    this.endMs = Math.min(168 * HOUR_MS, this.lifeMs * 60);
    this.monotonicSleeps = this.random() < 0.5;
  }

  wallMs = () => this.nowMs + this.wallOffsetMs;
  between = (least, most) => least + this.random() * (most - least);
  pick = (values) => values[Math.floor(this.random() * values.length)];

  /** A binary heap, ordered by time and then by order of insertion. */
  after(ms, action) {
    const entry = { atMs: this.nowMs + ms, order: this.#order++, action };
    let at = this.#queue.push(entry) - 1;
    while (at > 0 && earlier(entry, this.#queue[(at - 1) >> 1])) {
      this.#queue[at] = this.#queue[(at - 1) >> 1];
      at = (at - 1) >> 1;
    }
    this.#queue[at] = entry;
  }

  #pop() {
    const [first] = this.#queue;
    const last = this.#queue.pop();
    let at = 0;
    for (let child = 1; child < this.#queue.length; child = 2 * at + 1) {
      child += child + 1 < this.#queue.length && earlier(this.#queue[child + 1], this.#queue[child]) ? 1 : 0;
      if (!earlier(this.#queue[child], last)) {
        break;
      }
      this.#queue[at] = this.#queue[child];
      at = child;
    }
    if (this.#queue.length > 0) {
      this.#queue[at] = last;
    }
    return first;
  }

  post(from, action) {
    for (const tab of this.tabs.filter((tab) => tab !== from && !tab.closed)) {
      this.after(this.between(1, 10), () => tab.run(() => action(tab)));
    }
  }

  awake = () => this.tabs.filter((tab) => !tab.closed && !tab.frozen);

  open() {
    if (this.tabs.filter((tab) => !tab.closed).length < 20) {
      this.tabs.push(new Tab(this, `tab-${this.tabs.length}`, this.code));
    }
  }

  /** Everything stands still; what was due meanwhile is due at once when it ends. */
  sleep(ms) {
    this.epoch += 1;
    this.judge.disturbed();
    this.nowMs += ms;
    this.monotonicMs += this.monotonicSleeps ? 0 : ms;
    this.elapsed.now();
    const wokeMs = this.nowMs;
    const due = ms > this.lifeMs && !this.tabs.some((tab) => tab.frozen && !tab.closed);
    for (const tab of this.awake()) {
      tab.feed({ type: "woke" });
    }
    if (due && !this.offline && this.awake().some((tab) => tab.machine.phase !== "signed_out" && tab.machine.phase !== "user_changed")) {
      this.after(1_000, () => {
        if (!(this.judge.lastAttemptMs >= wokeMs)) {
          this.judge.fault("wake", "nobody tried within a second of waking up");
        }
      });
    }
  }

  outage() {
    this.server.mode = this.pick(["dead", "busy", "hanging"]);
    this.judge.disturbed();
    this.after(this.between(1_000, 4 * HOUR_MS), () => (this.server.mode = "well"));
  }

  run() {
    while (this.#queue.length > 0 && this.nowMs < this.endMs) {
      const { atMs, action } = this.#pop();
      const passedMs = Math.max(0, atMs - this.nowMs);
      this.nowMs += passedMs;
      this.monotonicMs += passedMs;
      action();
    }
  }
}

const earlier = (one, other) => one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

/** What befalls a world: each picks one tab or all of them. */
const EVENTS = {
  open: (world) => world.open(),
  mountTwice: (world) => (world.open(), world.open()),
  close: (world) => world.awake().length > 1 && (world.judge.disturbed(), world.pick(world.awake()).close()),
  freeze: (world) => {
    const tab = world.pick(world.awake());
    if (tab !== undefined && world.awake().length > 1) {
      world.judge.disturbed();
      tab.freeze();
      world.after(world.between(1_000, 2 * HOUR_MS), () => !tab.closed && (world.judge.disturbed(), tab.thaw()));
    }
  },
  look: (world) => world.pick(world.awake())?.feed({ type: "woke" }),
  sleep: (world) => world.sleep(world.pick([MINUTE_MS, HOUR_MS, 8 * HOUR_MS])),
  clock: (world) => {
    world.judge.disturbed();
    world.elapsed.now();
    world.wallOffsetMs += world.between(-10, 10) * MINUTE_MS;
    world.elapsed.now();
  },
  offline: (world) => {
    world.offline = true;
    world.judge.disturbed();
    world.awake().forEach((tab) => tab.feed({ type: "offline" }));
    world.after(world.between(1_000, HOUR_MS), () => {
      world.offline = false;
      world.tabs.forEach((tab) => tab.run(() => tab.feed({ type: "woke" })));
    });
  },
  outage: (world) => world.outage(),
  logout: (world) => {
    world.server.signedIn = false;
    world.server.falters = world.random() < 0.5;
    world.judge.disturbed();
    world.after(world.between(1_000, HOUR_MS), () => {
      world.server.signedIn = true;
      world.judge.disturbed();
      world.open();
    });
  },
  switchUser: (world) => {
    world.server.user = world.pick(["jane", "jo"]);
    world.judge.disturbed();
  },
};

/** The faults in the world of this seed, and how much happened in it. */
export function play(seed, code) {
  const world = new World(seed, code);
  for (let count = Math.ceil(world.random() * 20); count > 0; count -= 1) {
    world.open();
  }
  const names = Object.keys(EVENTS);
  const happen = () => {
    EVENTS[world.pick(names)](world);
    world.after(world.between(0, world.endMs / 12), happen);
  };
  const call = () => {
    world.awake().forEach((tab) => tab.call());
    world.after(world.between(0, world.lifeMs / 4), call);
  };
  world.after(world.between(0, world.endMs / 12), happen);
  world.after(1_000, call);
  world.run();
  return { faults: world.judge.faults, mints: world.judge.mints };
}
