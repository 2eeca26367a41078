// A portal on Express 5 as it comes: routes by the raw path, whatever its case.

import express from "express";

const page = (kind) => (_request, response) => response.set("X-Page", kind).send(kind);
const app = express();
app.use(["/enter", "/assets", "/_next/static"], page("public"));
app.use("/admin", page("admin"));
app.use(page("protected"));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
