// The server of the rendered page.

import { renderToString } from "react-dom/server";

import { App } from "./app.jsx";

export const render = (given) => renderToString(<App {...given} />);
