"use client";

import { useState } from "react";

import { signOut } from "@vestibule/sdk/next/client";

export function SignOut() {
  const [hasFailed, setHasFailed] = useState(false);
  const leave = () => signOut().catch(() => setHasFailed(true));
  return (
    <>
      <button className="quiet" id="sign-out" onClick={leave}>Sign out</button>
      {hasFailed && <span role="alert">You may still be signed in. Please try again.</span>}
    </>
  );
}
