-- KEYS: session record, index, what remembers that the token was given out, history
-- ARGV: session ttl, suffix, slug, grant, how long a repeat finds its own success, a name of this call, 'repeatable' or '',
--       origin
-- -> { 'opened', record, live sessions, what went, created, suffix, ... } | { 'late' } | { 'full' } | { 'corrupt' }
local session_ttl, suffix, slug, grant = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local earlier = redis.call('GET', KEYS[1])
if earlier then
  -- Only our own earlier attempt, whose reply was lost, or one with the same Idempotency-Key can have stored it.
  local _, exchanged, _, ttl, _, _, _, _, earlier_grant = string.match(earlier, HEAD)
  if not ttl then return { 'corrupt' } end
  if age_of(KEYS[1], exchanged, ttl, earlier_grant) > tonumber(ARGV[5]) then return { 'late' } end
  touch(KEYS[2])
  return append({ 'opened', earlier, live_count(KEYS[2], now_ms()) }, displaced_by(KEYS[2], grant, ARGV[6]))
end

-- A repeat with the same Idempotency-Key names the same token, hours after the session's end too. The token must not live
-- again; the index forgets its dead.
local is_repeatable = ARGV[7] == 'repeatable'
if is_repeatable and redis.call('GET', KEYS[3]) then return { 'late' } end
-- Any other may arrive late, from a connection that was frozen. Those that made room lie behind as many as a limit allows.
local timeout = idle_timeout(grant)
local entry = string.sub(KEYS[1], -43) .. '........' .. term(session_ttl, timeout)
local left = redis.call('PTTL', KEYS[2])
-- Most users have no other session, and then there is nothing to look for.
local is_first = left == -2
if not is_first and is_known(KEYS[2], suffix, 2 * (KEPT + (limit_of(grant) or 0))) then return { 'late' } end
-- Under the same policy however many have come since. In place of a ticket's digest stands something that no digest begins with.
for _, state in ipairs(is_first and {} or { 'b', 'r', 'e', 'i' }) do
  -- Its score, if there is such a member. (Not by ZSCORE: the former release's user in Redis may not call it.)
  if redis.call('ZADD', KEYS[2], 'XX', 'INCR', 0, suffix .. state .. entry) then return { 'late' } end
end
local is_full, went = make_room(KEYS[2], grant, '', ARGV[6])
if is_full then return { 'full' } end

local created = now_ms()
local expires = whole(created + session_ttl)
local begun, life = begin(grant, timeout, created, session_ttl)
local head = '1 ' .. created .. ' ' .. created .. ' ' .. expires .. ' ' .. session_ttl .. ' ' .. suffix .. ' ' .. slug .. ' -'
local record = head .. '\n' .. begun .. '\n'
redis.call('SET', KEYS[1], record, 'PX', life)
if is_repeatable then redis.call('SET', KEYS[3], '', 'PX', whole(session_ttl + MEMORY_MS)) end
redis.call('ZADD', KEYS[2], created, suffix .. 'b' .. entry)
if not is_first then prune(KEYS[2], created, suffix) end
keep(KEYS[2], left, session_ttl)
tell_first(KEYS[4], 'c', created, ARGV[8], session_ttl)
return append({ 'opened', record, is_first and '0' or live_count(KEYS[2], created) }, went)
