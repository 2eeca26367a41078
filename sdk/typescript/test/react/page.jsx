// The script of the rendered page: takes over what the server has rendered, strictly.

import { StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";

import { App } from "./app.jsx";
import { ownClient } from "./own_client.jsx";

window.seen = [];
window.told = [];
const { kind, props } = window.given;
const onExpired = kind === "portal" ? { onExpired: (expired) => window.told.push(expired) } : {};
const onRecoverableError = (error) => console.error(error);
const client = ownClient(kind, props);
// It knows more than the server did by the time that the page is taken over.
const known = Promise.resolve(kind === "portal" ? client?.getSession() : client?.getToken());
known.then(() => {
  const given = client ? { client } : { ...props, ...onExpired };
  const app = <StrictMode><App kind={kind} props={given} /></StrictMode>;
  hydrateRoot(document.getElementById("root"), app, { onRecoverableError });
});
