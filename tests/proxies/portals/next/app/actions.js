"use server";

import { headers } from "next/headers";

/** Next.js refuses it where the `Origin` is not the host, port and all. */
export async function greet() {
  return `Hello ${(await headers()).get("portal-external-id")}`;
}
