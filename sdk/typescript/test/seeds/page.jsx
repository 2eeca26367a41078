// Pages as the users of UnitPay and BillingOS write them: a provider that has a token, or is told where to get one, around what
// needs it.

import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { SignedIn, SignedOut, TokenProvider, useToken } from "@vestibule/sdk/react";

/** Something that calls an API: here the gateway itself, which says whose token it is. */
function Owner() {
  const { fetch } = useToken();
  const [owner, setOwner] = useState();
  useEffect(() => {
    const ask = async () => setOwner((await (await fetch("/v2/portal.getSession?slug=my-portal")).json()).data.externalId);
    ask();
  }, [fetch]);
  return <p id="owner">{owner}</p>;
}

/** Asks its server for a token, once, and hands it over. */
function FetchedByHand() {
  const [token, setToken] = useState();
  useEffect(() => {
    const ask = async () => setToken((await (await fetch("/token", { method: "POST" })).json()).token);
    ask();
  }, []);
  return token === undefined ? null : <TokenProvider token={token}><Owner /></TokenProvider>;
}

const pages = {
  byHand: () => <FetchedByHand />,
  automatic: () => <TokenProvider sessionTokenUrl="/token"><SignedIn><Owner /></SignedIn><SignedOut><p id="out">Out</p></SignedOut></TokenProvider>,
  manual: ({ token }) => <TokenProvider token={token}><Owner /></TokenProvider>,
};

createRoot(document.getElementById("root")).render(<StrictMode>{pages[window.given.kind](window.given)}</StrictMode>);
