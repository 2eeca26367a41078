-- KEYS: session record, index
-- ARGV: token digest, session ttl, suffix, slug, grant, how long a repeat finds its own success
-- -> { 'opened', record, live sessions } | { 'late' } | { 'corrupt' }
local digest, session_ttl, suffix, slug, grant = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local created = now_ms()
local expires = whole(created + session_ttl)
local head = table.concat({ '1', created, created, expires, session_ttl, suffix, slug, '-' }, ' ')
local record = head .. '\n' .. grant .. '\n'
if not redis.call('SET', KEYS[1], record, 'PX', session_ttl, 'NX') then
  -- Only our own earlier attempt, whose reply was lost, or one with the same Idempotency-Key can have stored it.
  local earlier = redis.call('GET', KEYS[1])
  local _, _, _, ttl = string.match(earlier, HEAD)
  if not ttl then return { 'corrupt' } end
  if ttl - redis.call('PTTL', KEYS[1]) > tonumber(ARGV[6]) then return { 'late' } end
  touch(KEYS[2])
  return { 'opened', earlier, live_count(KEYS[2]) }
end
local left = redis.call('PTTL', KEYS[2])
-- In place of a ticket's digest stands something that no digest begins with.
redis.call('ZADD', KEYS[2], created, suffix .. 'b' .. digest .. '........' .. whole(math.ceil(session_ttl / 60000)))
if left ~= -2 then prune(KEYS[2], created, suffix) end
keep(KEYS[2], left, session_ttl)
return { 'opened', record, live_count(KEYS[2]) }
