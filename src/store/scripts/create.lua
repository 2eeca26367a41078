-- KEYS: ticket record, index, history   ARGV: ticket digest, ticket ttl, session ttl, suffix, slug, grant, 'fence' or '', origin
-- -> { created, expires, live sessions }
local digest, ticket_ttl, session_ttl = ARGV[1], ARGV[2], ARGV[3]
local suffix, slug, grant = ARGV[4], ARGV[5], ARGV[6]
local created = now_ms()
local expires = whole(created + ticket_ttl)
local earlier = redis.call('GET', KEYS[1])
if earlier then
  -- Only our own earlier attempt, whose reply was lost, can have stored it: the ticket is random.
  local earlier_created, _, earlier_expires = string.match(earlier, HEAD)
  return { earlier_created, earlier_expires, live_count(KEYS[2], created) }
end
local left = redis.call('PTTL', KEYS[2])
-- Most users have no other session, and then there is nothing to look for.
local is_first = left == -2
-- A connection that loses packets may deliver the first try after the repeat was answered, and after its ticket was spent
-- or revoked. The ticket must not come back. Nobody waits for this answer.
if not is_first and is_known(KEYS[2], suffix, 32) then return { created, expires, live_count(KEYS[2], created) } end
local head = table.concat({ '1', created, '0', expires, session_ttl, suffix, slug, epoch(ARGV[7]) }, ' ')
redis.call('SET', KEYS[1], head .. '\n' .. grant .. '\n', 'PX', ticket_ttl)
redis.call('ZADD', KEYS[2], created, suffix .. 't' .. digest)
if not is_first then prune(KEYS[2], created, suffix) end
keep(KEYS[2], left, ticket_ttl)
tell(KEYS[3], 'c', created, ARGV[8], ticket_ttl)
return { created, expires, is_first and '0' or live_count(KEYS[2], created) }
