// Express with express-session and connect-redis, as their documentation shows them.
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';

const [port, redisPort] = process.argv.slice(2).map(Number);
const client = createClient({ url: `redis://127.0.0.1:${redisPort}` });
await client.connect();

const app = express();
app.use(express.json());
app.use(
  session({
    store: new RedisStore({ client, prefix: 'ex:' }),
    secret: 'a secret of the benchmark, long enough to be taken',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', maxAge: 86_400_000 },
  }),
);

app.post('/v2/portal.createSession', (request, response) => {
  request.session.user = {
    slug: request.body.slug,
    environment: 'live',
    externalId: request.body.externalId,
    permissions: request.body.permissions,
    preview: false,
    createdAt: Date.now(),
  };
  response.json({ data: {} });
});

app.get('/v2/portal.getSession', (request, response) => {
  if (!request.session.user) return response.status(401).json({ error: 'unauthorized' });
  return response.json({ data: request.session.user });
});

app.listen(port, '127.0.0.1');
