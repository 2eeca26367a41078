// The gateway's binary: VESTIBULE_BINARY, or else what cargo has built.

import { fileURLToPath } from "node:url";

export const binary = process.env.VESTIBULE_BINARY ?? fileURLToPath(new URL("../../../target/debug/vestibule", import.meta.url));
