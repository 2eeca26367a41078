"use client";

import { signOut } from "@vestibule/sdk/next/client";

export function SignOut() {
  return <button className="quiet" id="sign-out" onClick={() => signOut()}>Sign out</button>;
}
