// The script of the rendered page: takes over what the server has rendered, strictly.

import { StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";

import { App } from "./app.jsx";

window.seen = [];
window.told = [];
const { kind, props } = window.given;
const onExpired = kind === "portal" ? { onExpired: (expired) => window.told.push(expired) } : {};
const onRecoverableError = (error) => console.error(error);
const app = <StrictMode><App kind={kind} props={{ ...props, ...onExpired }} /></StrictMode>;
hydrateRoot(document.getElementById("root"), app, { onRecoverableError });
