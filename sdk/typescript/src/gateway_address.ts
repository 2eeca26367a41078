// Where the gateway is: what the application says, or else its environment.

import { environment } from "./environment.js";
import { VestibuleError } from "./errors.js";

/** Without slashes at its end. */
export function gatewayAddress(url: string | undefined): string {
  const address = url ?? environment()["VESTIBULE_URL"];
  if (address === undefined || !/^https?:\/\/[^/]/.test(address)) {
    const words = "`url`, or VESTIBULE_URL in the environment, must be the gateway's address, such as https://sessions.example.com.";
    throw new VestibuleError(words);
  }
  return address.replace(/\/+$/, "");
}
