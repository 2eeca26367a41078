// Writes src/generated/gateway.ts: the types of the gateway's requests and answers, from its OpenAPI document.

import { writeFile } from "node:fs/promises";

import { generatedTypes, generatedFile } from "./types.mjs";

await writeFile(generatedFile, await generatedTypes());
