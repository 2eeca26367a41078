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

local left, now = redis.call('PTTL', KEYS[1]), now_ms()
local part = timeout / 20

local function with_end(ends) return string.format('%s\n{"i":%s,"u":%.0f,%s', head, timeout, ends, rest) end

-- A server whose memory was full took a new end, but not the record that tells it.
local function as_it_is()
  if math.abs(now + left - stored) < part then return record end
  return with_end(now + left)
end

-- If more is left than can be, the clock of this server went back.
if left > timeout - part and left <= tonumber(timeout) then return as_it_is() end
local expires = string.match(head, '^%d %d+ %d+ (%d+)')
local ends = math.min(now + timeout, expires)
-- Near the session's own end there is nothing to gain.
if ends <= tonumber(now) or math.abs(ends - stored) < part then return record end

local renewed, life = with_end(ends), whole(ends - now)
local written = redis.pcall('SET', KEYS[1], renewed, 'PX', life)
if not written.err then return renewed end
-- A server whose memory is full still takes a new end.
local moved = redis.pcall('PEXPIRE', KEYS[1], life)
if moved == 0 then return false end
if moved == 1 then return renewed end
if is_demotion(moved) then return DEMOTED end
-- It takes no writes. The session is live until the end that it has.
return as_it_is()
