-- After time.lua, member.lua, oldest.lua, expiry.lua and key.lua. Of dead members only the newest are looked at (fate.lua), to tell the operator why a
-- credential is refused. Older ones are removed, so that a machine that makes a session a second does not leave 90,000 of
-- them to page through when its sessions are listed or revoked.

-- As many places as one creation looks at, and so more than it adds: about one in eight may stay dead.
local SAMPLE = 8
-- For a clock that jumps.
local GRACE_MS = 600000

-- One that nobody used in time is still 'b', and would be looked at by every count of a limit. Its record is not among KEYS;
-- room.lua tells why that is safe.
local function is_idle(index, member)
  return state_of(member) == 'b' and idle_term(member) and redis.call('PTTL', record_key(index, member)) == -2
end

local function is_long_dead(index, member, created, now)
  return is_grave(member)
    or is_live(member) and (has_expired(member, created, now - GRACE_MS) or is_idle(index, member))
end

-- From 0 up to 1.
local function dice(suffix)
  local first, second, third = string.byte(suffix, 1, 3)
  return (first * 961 + second * 31 + third) % 997 / 997
end

-- From anywhere in the time of the older ones on, as the new session's random suffix has it: so that live members in
-- between shelter nothing for long. (Not by ZCARD and ZRANGE: the former release's user in Redis may not call them.)
local function prune(index, now, suffix)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', whole(oldest(now)))
  local newest = redis.call('ZREVRANGE', index, KEPT, KEPT, 'WITHSCORES')[2]
  if not newest then return end
  local oldest = redis.call('ZRANGEBYSCORE', index, '-inf', newest, 'WITHSCORES', 'LIMIT', 0, 1)[2]
  local from = whole(math.floor(oldest + (newest - oldest) * dice(suffix)))
  local found = redis.call('ZRANGEBYSCORE', index, from, newest, 'WITHSCORES', 'LIMIT', 0, SAMPLE)
  for at = 1, #found, 2 do
    if is_long_dead(index, found[at], found[at + 1], now) then redis.call('ZREM', index, found[at]) end
  end
end
