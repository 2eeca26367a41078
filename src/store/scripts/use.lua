-- KEYS: session record   -> the record, or nil
-- Moves the end of a session that has an idle time-out, once for each twentieth of that.
local record = redis.call('GET', KEYS[1])
if not record then return false end
local head, timeout, stored, rest = string.match(record, '^([^\n]*)\n{"i":(%d+),"u":(%d+),(.*)$')
if not head then
  -- A release that does not know the time-out has exchanged its ticket.
  head, timeout, rest = string.match(record, '^([^\n]*)\n{"i":(%d+),(.*)$')
  stored = 0
end
if not head then return record end

-- The time is asked for only when it matters. More is left than can be: the clock of this server went back.
local left, least = redis.call('PTTL', KEYS[1]), timeout * 19 / 20
if left > least and left <= tonumber(timeout) then return record end
local now, expires = now_ms(), string.match(head, '^%d %d+ %d+ (%d+)')
local ends = math.min(now + timeout, expires)
-- Near the session's own end there is nothing to gain.
if ends <= tonumber(now) or math.abs(ends - stored) < timeout / 20 then return record end

record = string.format('%s\n{"i":%s,"u":%.0f,%s', head, timeout, ends, rest)
local life = whole(ends - now)
local written = redis.pcall('SET', KEYS[1], record, 'PX', life)
-- A server whose memory is full still takes a new end. Any other reason not to write is the caller's to hear.
if written.err and redis.call('PEXPIRE', KEYS[1], life) == 0 then return false end
return record
