// The server of the rendered page.

import { renderToString } from "react-dom/server";

import { App } from "./app.jsx";
import { ownClient } from "./own_client.jsx";

export const render = ({ kind, props }) => {
  const client = ownClient(kind, props);
  return renderToString(<App kind={kind} props={client ? { client } : props} />);
};
