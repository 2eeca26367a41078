// The application's backend and the gateway behind it, as a page meets them; and the judge of what the tabs do.

export class Server {
  mode = "well";
  user = "jane";
  signedIn = true;
  /** After its next 401 there is an outage: other tabs that ask learn nothing. */
  falters = false;
  tokens = new Map();

  constructor(world, lifeMs) {
    this.world = world;
    this.lifeMs = lifeMs;
  }

  mint(tab, askedMs, answer) {
    const { world } = this;
    const way = world.between(5, 400);
    const begunMs = world.nowMs;
    world.judge.attempt(this.mode !== "well" || world.offline);
    const epoch = world.epoch;
    // The machine may fall asleep meanwhile: then the connection is gone.
    const lost = () => (world.judge.disturbed(), { type: "failed" });
    const back = (event) => world.after(way, () => answer(world.epoch === epoch ? event() : lost()));
    if (world.offline || this.mode === "dead") {
      world.after(5, () => answer({ type: "failed" }));
    } else if (this.mode === "busy") {
      back(() => ({ type: "failed", retryAfterMs: 20_000 }));
    } else if (this.mode === "hanging") {
      // Nothing comes.
    } else if (!this.signedIn) {
      world.after(way, () => back(() => (world.judge.ordered(tab), { type: "unauthorized" })));
      if (this.falters) {
        this.falters = false;
        world.outage();
      }
    } else {
      world.after(way, () => {
        const value = `token-${this.tokens.size}`;
        const { user, lifeMs } = this;
        this.tokens.set(value, { begunMs, endsMs: world.nowMs + lifeMs, user });
        if (tab.closed) {
          world.judge.disturbed();
        } else {
          world.judge.minted(lifeMs, user, begunMs);
        }
        back(() => ({ type: "minted", token: { value, user, bornMs: askedMs, lifeMs } }));
      });
    }
  }

  call(token) {
    const { world } = this;
    const epoch = world.epoch;
    world.after(world.between(1, 300), () => {
      if (world.epoch === epoch && world.nowMs >= (this.tokens.get(token.value)?.endsMs ?? 0)) {
        world.judge.fault("expired", `${token.value} was used after its end`);
      }
    });
  }
}

const HOUR_MS = 3_600_000;

export class Judge {
  faults = [];
  mints = 0;
  #orders = new Map();
  #lastMintMs = -Infinity;
  #lastBegunMs = -Infinity;
  #disturbedMs = 0;
  #attemptsMs = [];

  constructor(world) {
    this.world = world;
  }

  fault(kind, words) {
    this.faults.push({ kind, words: `${words}, at ${this.world.nowMs} ms` });
  }

  /** A clock was set, the machine slept, a tab froze or went: the next mint may come early. */
  disturbed() {
    this.#disturbedMs = this.world.nowMs;
  }

  minted(lifeMs, user, begunMs) {
    const { nowMs } = this.world;
    this.mints += 1;
    // A tab of the former user can only learn of another by asking the backend.
    const theirs = this.world.tabs.every((tab) => tab.closed || tab.user === undefined || tab.user === user);
    if (this.#disturbedMs < this.#lastBegunMs && theirs && nowMs - this.#lastMintMs < lifeMs * 0.45) {
      this.fault("mints", `minted again after ${nowMs - this.#lastMintMs} of ${lifeMs} ms`);
    }
    this.#lastMintMs = nowMs;
    this.#lastBegunMs = begunMs;
    this.#attemptsMs = [];
  }

  /** A tab went, or froze, in the middle of an attempt that only it knows of. */
  forgetAttempt() {
    this.#attemptsMs.pop();
  }

  attempt(fruitless) {
    // By a clock that no setting holds back: the tabs' own.
    const nowMs = this.world.elapsed.now();
    this.lastAttemptMs = this.world.nowMs;
    if (!fruitless) {
      return;
    }
    this.#attemptsMs = this.#attemptsMs.filter((time) => time > nowMs - HOUR_MS + 1_000);
    this.#attemptsMs.push(nowMs);
    if (this.#attemptsMs.length > 12) {
      this.fault("attempts", `${this.#attemptsMs.length} attempts in an hour`);
    }
  }

  ordered(tab) {
    this.#orders.set(tab, (this.#orders.get(tab) ?? 0) + 1);
  }

  told(tab, what) {
    if (what === "signed_out") {
      tab.signedOutMs = this.world.nowMs;
      const orders = this.#orders.get(tab) ?? 0;
      this.#orders.set(tab, orders - 1);
      if (orders < 1) {
        this.fault("sign_outs", "told of a sign-out that no server ordered");
      }
    }
    if (what === "token") {
      const held = tab.machine.usable(tab.clock.now());
      const { user, begunMs } = this.world.server.tokens.get(held?.value) ?? {};
      if (begunMs <= tab.signedOutMs) {
        this.fault("revivals", "signed in again by a token from before the sign-out");
      }
      if (tab.user !== undefined && user !== undefined && user !== tab.user) {
        this.fault("users", "another user's token took the place of the first");
      }
      tab.user ??= user;
    }
  }
}
