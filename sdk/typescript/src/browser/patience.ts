// Logouts count for an address, where they find no session: whoever shares it with many may be asked to wait.

import type { CallFailedError } from "./client.js";

/** Seconds. Whoever has to wait longer is better told at once. */
const SOON = 5;

/** Calls once more where the gateway says that this will do soon. */
export const patiently = <T>(call: () => Promise<T>): Promise<T> =>
  call().catch(async (error: CallFailedError) => {
    const { status, retryAfter = Infinity } = error;
    if (status !== 429 || retryAfter > SOON) {
      throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, retryAfter * 1000));
    return call();
  });
