-- KEYS: ticket record, index   ARGV: ticket digest, ticket ttl, session ttl, suffix, slug, grant, 'fence' or ''
-- -> { created, expires }
local stored = redis.call('GET', KEYS[1])
if stored then
  -- Only our own earlier attempt, whose reply was lost, can have stored it: the ticket is random.
  local created, _, expires = string.match(stored, HEAD)
  return { created, expires }
end
local digest, ticket_ttl, session_ttl = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local suffix, slug, grant = ARGV[4], ARGV[5], ARGV[6]
local created = now_ms()
local expires = created + ticket_ttl
local head = table.concat({ '1', created, 0, expires, session_ttl, suffix, slug, epoch(ARGV[7]) }, ' ')
redis.call('SET', KEYS[1], head .. '\n' .. grant .. '\n', 'PX', ticket_ttl)
-- No session is older than a ticket's and a session's longest life together.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', created - DAY_MS - INDEX_GRACE_MS)
redis.call('ZADD', KEYS[2], created, suffix .. 't' .. digest)
keep(KEYS[2], ticket_ttl)
return { tostring(created), tostring(expires) }
