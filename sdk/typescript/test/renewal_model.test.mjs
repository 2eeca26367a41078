// The renewal of tokens in thousands of seeded worlds: up to 20 tabs that freeze, close and open, a machine that sleeps, clocks that
// are set, outages, logouts and other users. VESTIBULE_SCHEDULES says how many. Each planted defect is caught, so the
// judge is awake.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ElapsedClock } from "../dist/esm/browser/clock.js";
import { Renewal } from "../dist/esm/browser/renewal.js";
import { play } from "./model/world.mjs";

const SCHEDULES = Number(process.env.VESTIBULE_SCHEDULES ?? 2_000);
/** A defect must show within so many worlds. */
const PATIENCE = 300;

test("no world has a fault", () => {
  let mints = 0;
  for (let seed = 0; seed < SCHEDULES; seed += 1) {
    const world = play(seed, { Renewal, ElapsedClock });
    assert.deepEqual(world.faults, [], `the world of seed ${seed}`);
    mints += world.mints;
  }
  assert.ok(mints > SCHEDULES * 10, `only ${mints} tokens were minted`);
});

/** The machine, with events or effects changed on their way. */
const planted = ({ event = (given) => given, effects = (given) => given }) => {
  return class extends Renewal {
    step(given, nowMs) {
      const changed = event(given, nowMs);
      return changed === undefined ? [] : effects(super.step(changed, nowMs), nowMs, this);
    }
  };
};

const DEFECTS = {
  "the date is believed": ["expired", { ElapsedClock: class extends ElapsedClock {
    constructor(_, wall) {
      super(() => 0, wall);
    }
  } }],
  "a sleep is not noticed": ["expired", { ElapsedClock: class extends ElapsedClock {
    constructor(monotonic) {
      super(monotonic, () => 0);
    }
  } }],
  "another tab's token counts as new": ["expired", { Renewal: planted({
    event: (given) => {
      const token = given.knowledge?.token && { ...given.knowledge.token, ageMs: 0 };
      return token ? { ...given, knowledge: { ...given.knowledge, token } } : given;
    },
  }) }],
  "a failure is taken for a sign-out": ["sign_outs", { Renewal: planted({
    event: (given) => (given.type === "failed" ? { type: "unauthorized" } : given),
  }) }],
  "tabs do not wait for their turn": ["mints", { Renewal: planted({
    effects: (given, nowMs, machine) => given.flatMap((effect) => {
      return effect.type === "turn" ? machine.step({ type: "granted" }, nowMs) : [effect];
    }),
  }) }],
  "tabs do not tell each other": ["mints", { Renewal: planted({
    effects: (given) => given.filter((effect) => effect.type !== "ask"),
  }) }],
  "every life is taken to be 300 s shorter": ["mints", { Renewal: planted({
    event: (given) => {
      const { token } = given;
      return token === undefined ? given : { ...given, token: { ...token, lifeMs: Math.max(token.lifeMs - 300_000, 1_000) } };
    },
  }) }],
  "a failure is taken for a success": ["attempts", { Renewal: planted({
    event: (given, nowMs) => {
      const token = { value: "none", bornMs: nowMs, lifeMs: 20_000 };
      return given.type === "failed" ? { type: "minted", token } : given;
    },
  }) }],
  "an older token of another tab counts as minted now": ["revivals", { Renewal: planted({
    event: (given) => {
      const { token } = given.knowledge ?? {};
      const renamed = token && { ...token, ageMs: 0, lifeMs: token.lifeMs - token.ageMs };
      return renamed ? { ...given, knowledge: { ...given.knowledge, token: renamed } } : given;
    },
  }) }],
  "coming back is not noticed": ["wake", { Renewal: planted({
    event: (given) => (given.type === "woke" ? undefined : given),
  }) }],
  "nobody asks whose token it is": ["users", { Renewal: planted({
    event: (given) => {
      const anonymous = (token) => token && { ...token, user: undefined };
      const knowledge = given.knowledge && { ...given.knowledge, token: anonymous(given.knowledge.token) };
      return { ...given, token: anonymous(given.token), knowledge };
    },
  }) }],
};
for (const [name, [kind, code]] of Object.entries(DEFECTS)) {
  test(`caught: ${name}`, () => {
    for (let seed = 0; seed < PATIENCE; seed += 1) {
      const { faults } = play(seed, { Renewal, ElapsedClock, ...code });
      if (faults.some((fault) => fault.kind === kind)) {
        return;
      }
    }
    assert.fail(`no world of ${PATIENCE} has shown it`);
  });
}
