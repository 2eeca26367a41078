-- After exchange_look.lua: nothing stands in the way any more.
redis.call('GETDEL', KEYS[1])
local now = now_ms()
local expires = now + session_ttl
local timeout = idle_timeout(grant)
local begun, life = begin(grant, timeout, now, session_ttl)
local agent_end = string.find(pending, '\n', grant_end + 1, true)
local lines = agent_end and string.sub(pending, agent_end) or ''
-- Only the ticket needed the epoch. Every live session would hold its 40 bytes for nothing.
local head = start .. ' ' .. now .. ' ' .. whole(expires) .. ' ' .. name .. ' -' .. more
local active = head .. '\n' .. begun .. '\n' .. ARGV[2] .. lines
redis.call('SET', KEYS[2], active, 'PX', life)
local left = redis.call('PTTL', KEYS[3])
local entry = string.sub(KEYS[2], -43) .. string.sub(ticket, 1, 8) .. term(expires - created, timeout)
-- Never empty in between: an index that is created anew has no time to live.
redis.call('ZADD', KEYS[3], created, suffix .. 'b' .. entry)
redis.call('ZREM', KEYS[3], suffix .. 't' .. ticket)
keep(KEYS[3], left, session_ttl)
tell(KEYS[4], 'x', now, ARGV[6], session_ttl)
if not went then return active end
local reply = { 'done', active }
for _, word in ipairs(went) do reply[#reply + 1] = word end
return reply
