// The types that the gateway's OpenAPI document asks for, as the text of a TypeScript file.
//
// Only the document's schemas: the client's own methods say which path takes and answers which of them.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import openapiTS, { astToString } from "openapi-typescript";

import { binary } from "./binary.mjs";

export const generatedFile = fileURLToPath(new URL("../src/generated/gateway.ts", import.meta.url));

const HEADER = `// Made from the gateway's OpenAPI document by \`npm run generate\`. A test fails where the two differ.
// What the gateway takes and answers, to the letter; the SDK's own types are derived from these.

`;

/** The whole text of the file. */
export async function generatedTypes() {
  const { stdout } = await promisify(execFile)(binary, ["openapi"], { maxBuffer: 64 * 1024 * 1024 });
  const { openapi, info, components } = JSON.parse(stdout);
  const schemas = { openapi, info, paths: {}, components: { schemas: components.schemas } };
  // A field with a default may be left out of a request. Where nothing is said of an object's keys, anything may be there.
  const options = { defaultNonNullable: false, emptyObjectsUnknown: true };
  return HEADER + astToString(await openapiTS(schemas, options));
}
