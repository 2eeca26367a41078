import Link from "next/link";
import { Suspense } from "react";

import { portal } from "../portal";
import { SignOut } from "./sign_out";

/** Around every page of somebody's. */
export function Frame({ children }) {
  return (
    <>
      <header>
        <Link href="/" id="home">Acme Billing</Link>
        <Link href="/help">Help</Link>
        <span id="who"><Suspense><Who /></Suspense></span>
        <SignOut />
      </header>
      <main>{children}</main>
    </>
  );
}

async function Who() {
  const { externalId } = await portal.user();
  return externalId;
}
