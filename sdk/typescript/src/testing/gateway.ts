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
    // A test that forgets to stop it neither hangs nor leaves it behind.
    this.#process.unref();
    atExit(() => this.#process.kill("SIGKILL"));
  }

  async answers(url: string, timeoutMs: number): Promise<void> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMs);
    let ended: GatewayEnded | undefined;
    // Somebody else may listen there, and never answer.
    void this.#ended.then((error) => ((ended = error), limit.abort()));
    while (!(await isGood(url, limit.signal))) {
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

async function isGood(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await fetch(url, { signal })).ok;
  } catch {
    return false;
  }
}

function atExit(action: () => void): void {
  (globalThis as unknown as { process: { once(event: "exit", action: () => void): void } }).process.once("exit", action);
}
