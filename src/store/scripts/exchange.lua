-- KEYS: ticket record, browser record, index, history
-- ARGV: ticket digest, token digest, ' slug slug ', user agent, 'fence' or '',
--       how long a repeat finds its own success, digests of the browser's own sessions, a name of this call, browser in short
-- -> { 'done', record, what went, created, suffix, ... } | { 'full', record } | { 'not_admitted', record }
--  | { 'gone', why, created, suffix } | { 'corrupt' }
local function admits(slugs, slug)
  return string.find(slugs, ' ' .. slug .. ' ', 1, true) ~= nil
end

local ticket, token, slugs, user_agent = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local pending = redis.call('GET', KEYS[1])
if not pending then
  -- A repeated attempt finds its own success by the digest of its own token. No other attempt can.
  local active = redis.call('GET', KEYS[2])
  if active then
    local _, exchanged, _, session_ttl, _, slug, _, _, grant = string.match(active, HEAD)
    if not slug then return { 'corrupt' } end
    if not admits(slugs, slug) then return { 'not_admitted', active } end
    if age_of(KEYS[2], exchanged, session_ttl, grant) <= tonumber(ARGV[6]) then
      touch(KEYS[3])
      return append({ 'done', active }, displaced_by(KEYS[3], grant, ARGV[8]))
    end
  end
  local why = fate(KEYS[3], ticket)
  tell(KEYS[4], 'f', nil, why[1])
  return { 'gone', why[1], why[2], why[3] }
end

local created, _, _, session_ttl, suffix, slug, minted_in, more, grant, _, lines = string.match(pending, HEAD)
if not created then return { 'corrupt' } end
if not admits(slugs, slug) then return { 'not_admitted', pending } end

if minted_in ~= '-' and ARGV[5] == 'fence' and minted_in ~= epoch('fence') then
  redis.call('DEL', KEYS[1])
  tell(KEYS[4], 'f', nil, 'fenced')
  return { 'gone', 'fenced', created, suffix }
end
-- Before the ticket is spent.
local is_full, went = make_room(KEYS[3], grant, ARGV[7], ARGV[8])
if is_full then
  tell(KEYS[4], 'f', nil, 'too_many_sessions')
  return { 'full', pending }
end
redis.call('GETDEL', KEYS[1])
local now = now_ms()
local expires = whole(now + session_ttl)
-- Only the ticket needed the epoch. Every live session would hold its 40 bytes for nothing.
local version = string.sub(pending, 1, 1)
local head = table.concat({ version, created, now, expires, session_ttl, suffix, slug, '-' }, ' ') .. more
local begun, life = begin(grant, now, session_ttl)
local active = table.concat({ head, begun, user_agent .. lines }, '\n')
redis.call('SET', KEYS[2], active, 'PX', life)
local entry = token .. string.sub(ticket, 1, 8) .. term(expires - created, idle_timeout(grant))
local left = redis.call('PTTL', KEYS[3])
-- Never empty in between: an index that is created anew has no time to live.
redis.call('ZADD', KEYS[3], created, suffix .. 'b' .. entry)
redis.call('ZREM', KEYS[3], suffix .. 't' .. ticket)
keep(KEYS[3], left, session_ttl)
tell(KEYS[4], 'x', now, ARGV[9], session_ttl)
return append({ 'done', active }, went)
