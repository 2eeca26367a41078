// Folders of files, as `express.static` serves them: `/invoices/42` is redirected to `/invoices/42/`.

import { fileURLToPath } from "node:url";

import express from "express";

import { greet } from "../greet.mjs";

const app = express();
app.use(express.static(fileURLToPath(new URL("public", import.meta.url))));
app.post("/api/greet", greet);
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
