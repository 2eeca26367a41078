// A portal on Fastify that takes every path that can be meant: any case, doubled slashes, `;` as the start of the query.

import Fastify from "fastify";

const page = (kind) => (_request, reply) => reply.header("X-Page", kind).send(kind);
const app = Fastify({
  routerOptions: { caseSensitive: false, ignoreDuplicateSlashes: true, useSemicolonDelimiter: true },
});
const pages = { "/enter": "public", "/assets": "public", "/_next/static": "public", "/admin": "admin" };
for (const [path, kind] of Object.entries(pages)) {
  app.all(path, page(kind));
  app.all(`${path}/*`, page(kind));
}
app.all("/*", page("protected"));
await app.listen({ host: "127.0.0.1", port: 0 });
console.log(app.server.address().port);
