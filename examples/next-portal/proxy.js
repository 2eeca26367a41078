import { portal } from "./portal";

export const proxy = portal.proxy;
// Everything but what all may have: the scripts and styles that Next.js builds.
export const config = { matcher: "/((?!_next/static/).*)" };
