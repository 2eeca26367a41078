// The entry for tests of applications: a real gateway for those that sign somebody in, a session without one for the others.

export { fakeSession } from "./testing/fake_session.js";
export type { FakeSession } from "./testing/fake_session.js";
export { startVestibule } from "./testing/start.js";
export type { RunningVestibule, SignedIn, StartOptions } from "./testing/start.js";
export type { TestPortal } from "./testing/configuration.js";
