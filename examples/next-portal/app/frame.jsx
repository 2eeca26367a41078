import Link from "next/link";

import { portal } from "../portal";
import { SignOut } from "./sign_out";

/** Around every page of somebody's. */
export async function Frame({ children }) {
  const { externalId } = await portal.user();
  return (
    <>
      <header>
        <Link href="/" id="home">Acme Billing</Link>
        <Link href="/help">Help</Link>
        <span id="who">{externalId}</span>
        <SignOut />
      </header>
      <main>{children}</main>
    </>
  );
}
