// A tab of the model: the real machine and the real clock, in a browser that can freeze, and that plays locks and channels.

import { MINT_TIMEOUT_MS } from "../../dist/esm/browser/renewal.js";

const LOCK_PATIENCE_MS = 5_000;

export class Tab {
  frozen = false;
  closed = false;
  told = [];
  /** What arrives while it is frozen. */
  missed = [];
  nextLook = 0;
  nonces = new Map();

  constructor(world, name, { Renewal, ElapsedClock }) {
    this.world = world;
    this.name = name;
    this.clock = new ElapsedClock(() => world.monotonicMs, () => world.wallMs());
    this.machine = new Renewal(world.random);
    this.feed({ type: "look" });
  }

  /** Runs it now, or when the tab thaws; never in a tab that was closed. */
  run(action) {
    if (this.closed) {
      return;
    }
    if (this.frozen) {
      this.missed.push(action);
    } else {
      action();
    }
  }

  thaw() {
    this.frozen = false;
    for (const action of this.missed.splice(0)) {
      this.run(action);
    }
    this.run(() => this.feed({ type: "woke" }));
  }

  freeze() {
    this.#forget();
    this.frozen = true;
  }

  #forget() {
    if (this.machine.phase === "minting") {
      this.world.judge.forgetAttempt();
    }
  }

  close() {
    this.#forget();
    this.closed = true;
    this.world.locks.drop(this);
  }

  feed(event) {
    for (const effect of this.machine.step(event, this.clock.now())) {
      this[effect.type](effect);
    }
  }

  look({ atMs }) {
    const look = ++this.nextLook;
    this.world.after(Math.max(1, Math.ceil(atMs - this.clock.now())), () => {
      // The timer that was set last counts. One that a sleep held up comes late.
      this.run(() => look === this.nextLook && this.feed({ type: "look" }));
    });
  }

  turn({ generation }) {
    const request = this.world.locks.request(generation, this, () => this.run(() => this.feed({ type: "granted" })));
    this.world.after(LOCK_PATIENCE_MS, () => {
      this.run(() => this.world.locks.withdraw(request) && this.feed({ type: "denied" }));
    });
  }

  release() {
    this.world.locks.drop(this);
  }

  mint() {
    const askedMs = this.clock.now();
    let over = false;
    const answer = (event) => {
      this.run(() => {
        if (!over) {
          over = true;
          this.feed(event);
        }
      });
    };
    this.world.after(MINT_TIMEOUT_MS, () => answer({ type: "failed" }));
    this.world.server.mint(this, askedMs, answer);
  }

  ask({ of }) {
    const askedMs = this.clock.now();
    this.world.post(this, (other) => {
      if (of === undefined || of === other.name) {
        const knowledge = other.machine.knowledge(other.clock.now());
        this.world.after(this.world.between(1, 10), () => {
          this.run(() => this.feed({ type: "answer", askedMs, knowledge }));
        });
      }
    });
  }

  announce({ what }) {
    this.world.post(this, (other) => other.feed({ type: what, by: this.name }));
  }

  tell({ what }) {
    this.told.push(what);
    this.world.judge.told(this, what);
  }

  /** The page calls an API with what the machine holds. */
  call() {
    this.run(() => {
      const token = this.machine.usable(this.clock.now());
      if (token !== undefined) {
        this.world.server.call(token);
      }
    });
  }
}
