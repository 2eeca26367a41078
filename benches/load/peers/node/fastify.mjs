// Fastify with ioredis, written by hand for speed: the gateway's work without its rules, logs and limits.
import { createHash, randomBytes } from 'node:crypto';

import Fastify from 'fastify';
import { Redis } from 'ioredis';

const [port, redisPort] = process.argv.slice(2).map(Number);
const TICKET_SECONDS = 900;
const SESSION_SECONDS = 86_400;
const COOKIE = '__Host-portal_session_my-portal';

const redis = new Redis(redisPort, '127.0.0.1', { enableAutoPipelining: true });
redis.defineCommand('exchange', {
  numberOfKeys: 2,
  lua: `local record = redis.call('GETDEL', KEYS[1])
        if not record then return nil end
        redis.call('SET', KEYS[2], record, 'EX', ARGV[1])
        return record`,
});

const app = Fastify({ logger: false });
const digest = (text) => createHash('sha256').update(text).digest('base64url');
const envelope = (data) => ({ meta: { requestId: `req_${randomBytes(15).toString('base64url')}` }, data });

app.addHook('onSend', async (_request, reply) => {
  reply.headers({
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
});

app.post('/v2/portal.createSession', async (request) => {
  const ticket = `pst_live_${randomBytes(32).toString('base64url')}`;
  const id = `sess_${randomBytes(24).toString('base64url')}`;
  const now = Date.now();
  const session = {
    id,
    slug: request.body.slug,
    environment: 'live',
    externalId: request.body.externalId,
    permissions: request.body.permissions,
    preview: false,
    createdAt: now,
    expiresAt: now + SESSION_SECONDS * 1000,
    returnUrl: 'https://app.example.com/billing',
  };
  await redis.set(`ft:${digest(ticket)}`, JSON.stringify(session), 'EX', TICKET_SECONDS);
  const url = `https://portal.example.com/?session=${ticket}`;
  return envelope({ sessionId: ticket, url, expiresAt: now + TICKET_SECONDS * 1000, id });
});

app.post('/v2/portal.exchangeSession', async (request, reply) => {
  const token = `ps_live_${randomBytes(32).toString('base64url')}`;
  const { sessionId } = request.body;
  const keys = [`ft:${digest(sessionId)}`, `fb:${digest(token)}`];
  const record = await redis.exchange(...keys, SESSION_SECONDS);
  if (!record) return reply.code(401).send({ error: 'unauthorized' });
  const session = JSON.parse(record);
  const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';
  reply.header('set-cookie', `${COOKIE}=${token}; ${attributes}; Max-Age=${SESSION_SECONDS}`);
  return envelope({ expiresAt: session.expiresAt, session, token });
});

const sessionOf = async (request) => {
  const cookies = request.headers.cookie ?? '';
  const pair = cookies.split('; ').find((pair) => pair.startsWith(`${COOKIE}=`));
  const record = pair && (await redis.get(`fb:${digest(pair.slice(COOKIE.length + 1))}`));
  return record ? JSON.parse(record) : null;
};

app.get('/v2/portal.getSession', async (request, reply) => {
  const session = await sessionOf(request);
  return session ? envelope(session) : reply.code(401).send({ error: 'unauthorized' });
});

app.get('/v2/portal.authorize', async (request, reply) => {
  const session = await sessionOf(request);
  if (!session) return reply.code(401).send({ error: 'unauthorized' });
  reply.headers({
    'portal-session-id': session.id,
    'portal-slug': session.slug,
    'portal-external-id': session.externalId,
    'portal-organization-id': '',
    'portal-permissions': session.permissions.join(','),
    'portal-environment': session.environment,
    'portal-preview': String(session.preview),
    'portal-expires-at': String(session.expiresAt),
  });
  return reply.send();
});

await app.listen({ port, host: '127.0.0.1' });
