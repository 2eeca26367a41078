// What the tests render, on a server and in a page: everything that the SDK has for React, under either provider.

import { useEffect, useState } from "react";

import { PortalProvider, SessionExpiring, SignedIn, SignedOut, TokenProvider, useSession, useToken } from "@vestibule/sdk/react";

function Person() {
  const { status, session, path, end } = useSession();
  const { token, getToken, fetch } = useToken();
  const [got, setGot] = useState("");
  useEffect(() => {
    // Effects of children come before those of the provider: there is no client yet.
    window.seen.push(location.search);
    getToken().then(setGot, (error) => setGot(error.name));
  }, [getToken]);
  return (
    <>
      <p id="status">{status}</p>
      <p id="who">{session?.externalId}</p>
      <p id="path">{path}</p>
      <p id="token">{token}</p>
      <p id="got">{got}</p>
      <button id="end" onClick={() => end()}>Log out</button>
      <button id="fetch" onClick={async () => setGot(await (await fetch("/echo")).text())}>Call</button>
    </>
  );
}

/** `props` are the provider's. */
export function App({ kind, props }) {
  const [changes, setChanges] = useState({});
  const Provider = kind === "portal" ? PortalProvider : TokenProvider;
  return (
    <Provider {...props} {...changes}>
      <Person />
      <SignedIn><p id="in">In</p></SignedIn>
      <SignedOut><p id="out">Out</p></SignedOut>
      <SessionExpiring within={60}>{(seconds) => <p id="left">{seconds}</p>}</SessionExpiring>
      <button id="other" onClick={() => setChanges({ token: "pt_test_other" })}>Another token</button>
    </Provider>
  );
}
