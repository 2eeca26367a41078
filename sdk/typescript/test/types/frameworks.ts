// Compiled, never run: the frameworks take what the SDK makes for them, and hand their own requests to what it asks.

import express from "express";
import { Hono } from "hono";

import { Vestibule } from "@vestibule/sdk";
import * as onExpress from "@vestibule/sdk/express";
import * as onHono from "@vestibule/sdk/hono";
import * as onNext from "@vestibule/sdk/next";

const vestibule = new Vestibule({ url: "https://sessions.example.com", rootKey: "rk_live_…", portal: "my-portal" });
const portal = { url: "http://127.0.0.1:8080", slug: "my-portal" };

export const app = express();
const backend = onExpress.portalBackend({
  vestibule,
  user: (request: express.Request) => ({ externalId: request.get("x-user") ?? "" }),
  created: (session) => void session.expiresAt.getTime(),
});
app.get("/portal", backend);
app.get("/billing", backend.comingBack, (_request, response) => void response.send("Billing"));
app.post("/token", onExpress.sessionTokenRoute({ vestibule, user: () => null }));
const gate = onExpress.withPortal(portal);
app.use(gate);
app.get("/", gate.requires("keys:read"), (request, response) => void response.send(gate.user(request).externalId));

export const hono = new Hono();
hono.get("/portal", onHono.portalBackend({ vestibule, user: async () => ({ externalId: "user_123" }) }));
const honoGate = onHono.withPortal({ ...portal, trustProxy: true, clientAddress: ({ req }) => req.raw.headers.get("x-real-ip") ?? undefined });
hono.use(honoGate);
hono.use("/admin", honoGate.requires("admin:read"));
hono.get("/", (context) => context.text(honoGate.user(context).externalId));

export const { GET } = onNext.portalBackend({ vestibule, user: (request) => ({ externalId: request.url }) });
export const { proxy, user, route } = onNext.withPortal({ ...portal, clientAddress: ({ headers }) => headers.get("x-real-ip") ?? undefined });
export const POST = route(async (_request, who, context: { params: Promise<{ id: string }> }) => {
  const { id } = await context.params;
  return Response.json({ id, by: who.externalId, may: who.can("keys:write") });
});
