// Serves what `vite build` made: its files, its one page for every other path, and one call.

import { join } from "node:path";

import express from "express";

import { greet } from "../greet.mjs";

const built = process.argv[2];
const app = express();
app.use(express.static(built));
app.post("/api/greet", greet);
app.use((_request, response) => response.sendFile(join(built, "index.html")));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
