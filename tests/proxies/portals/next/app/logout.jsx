"use client";

import { useEffect, useState } from "react";

/** Shows that the page's scripts run, and signs out. */
export function Logout() {
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  async function leave() {
    const ended = await fetch("/v2/portal.endSession", { method: "POST" });
    if (ended.ok) location.reload();
  }
  return <button id={ready ? "logout" : undefined} onClick={leave}>Sign out</button>;
}
