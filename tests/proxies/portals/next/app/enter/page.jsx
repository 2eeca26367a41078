"use client";

import { useEffect } from "react";

/** The way in of the portal's own. */
export default function Enter() {
  useEffect(() => {
    const sessionId = new URLSearchParams(location.search).get("session");
    history.replaceState(null, "", location.pathname);
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ sessionId });
    fetch("/v2/portal.exchangeSession", { method: "POST", headers, body }).then(() => location.replace("/"));
  }, []);
  return <p>One moment…</p>;
}
