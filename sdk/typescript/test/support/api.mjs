// An API that lets in whoever has a good token, by the SDK; for tests/verifiers.rs, which attacks it.

import { createServer } from "node:http";

import { InvalidTokenError, verifyToken } from "@vestibule/sdk/verify";

const { ISSUER: issuer, AUDIENCE: audience, GATEWAY: url, PORT } = process.env;

const api = createServer(async (request, response) => {
  const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
  try {
    await verifyToken(token, { issuer, audience, url });
  } catch (error) {
    response.statusCode = error instanceof InvalidTokenError ? 401 : 503;
  }
  response.end();
});
api.listen(Number(PORT), "127.0.0.1");
