// The gateway's process: until it answers, until it has ended, and what it said if it ended too early.

import { spawn } from "node:child_process";

const POLL_MS = 20;
const KEPT_CHARACTERS = 4_000;

/** It has ended by itself. */
export class GatewayEnded extends Error {
  override readonly name = "GatewayEnded";

  get portWasTaken(): boolean {
    return /address.*in use/i.test(this.message);
  }
}

/** Those that run. A test that forgets to stop one does not leave it behind. */
const running = new Set<GatewayProcess>();
let isHooked = false;

export class Gateway {
  readonly #process: GatewayProcess;
  readonly #ended: Promise<GatewayEnded>;
  #said = "";

  constructor(binary: string, file: string) {
    this.#process = spawn(binary, ["serve", "--config", file], { stdio: ["ignore", "pipe", "pipe"] });
    this.#ended = new Promise((resolve) => {
      this.#process.once("error", () => {
        resolve(new GatewayEnded(`${binary} cannot be run. Set VESTIBULE_BINARY to the gateway's program, or put it into the PATH.`));
      });
      this.#process.once("exit", () => resolve(new GatewayEnded(`The gateway has ended. It said:\n${this.#said}`)));
    });
    for (const output of [this.#process.stdout, this.#process.stderr]) {
      output.on("data", (chunk) => (this.#said = `${this.#said}${chunk}`.slice(-KEPT_CHARACTERS)));
      output.unref();
    }
    // A test that forgets to stop it does not hang.
    this.#process.unref();
    endAtExit(this.#process);
    void this.#ended.then(() => running.delete(this.#process));
  }

  /** `isIt` asks at its address whether it is there: somebody else may answer, such as another test's gateway. */
  async answers(isIt: (signal: AbortSignal) => Promise<boolean>, timeoutMs: number): Promise<void> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMs);
    let ended: GatewayEnded | undefined;
    // Somebody else may listen there, and never answer.
    void this.#ended.then((error) => ((ended = error), limit.abort()));
    while (!(await isIt(limit.signal).catch(() => false))) {
      if (ended !== undefined) {
        clearTimeout(timer);
        throw ended;
      }
      if (limit.signal.aborted) {
        throw new Error(`The gateway does not answer within ${timeoutMs} ms. It said:\n${this.#said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    clearTimeout(timer);
  }

  /** At once: its store dies with it, so there is nothing to bring to a good end. */
  async stop(): Promise<void> {
    // Else a test that waits for nothing but this would be over before.
    this.#process.ref();
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}

/** By one listener: Node warns of more than ten. */
function endAtExit(process: GatewayProcess): void {
  running.add(process);
  if (!isHooked) {
    isHooked = true;
    const node = globalThis as unknown as { process: { once(event: "exit", action: () => void): void } };
    node.process.once("exit", () => running.forEach((left) => left.kill("SIGKILL")));
  }
}
