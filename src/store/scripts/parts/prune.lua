-- After member.lua. Dead members only tell the operator why a credential is refused, and only the newest are looked at
-- (fate.lua). So that a machine that makes a session a second does not leave 90,000 of them for whoever lists or revokes,
-- the older ones go.
local KEPT = 64

-- As many places as one creation looks at, and so more than it adds: about one in eight may stay dead.
local SAMPLE = 8
-- 't' tells no time: none is longer. The minutes beyond are for a clock that jumps forward and back.
local LONGEST_TICKET_MS, GRACE_MS = 900000, 600000

local function is_long_dead(member, created, now)
  local state = state_of(member)
  if state == 't' then return created + LONGEST_TICKET_MS + GRACE_MS < tonumber(now) end
  if state == 'b' then
    local expires = expiry_of(member, created)
    return expires ~= nil and expires + GRACE_MS < tonumber(now)
  end
  return is_grave(member)
end

-- Anywhere among the older ones, as the milliseconds fall: live members in between shelter nothing for long.
local function prune(index, now)
  local older = redis.call('ZCARD', index) - KEPT
  if older <= 0 then return end
  local from = now % older
  local found = redis.call('ZRANGE', index, from, math.min(from + SAMPLE, older) - 1, 'WITHSCORES')
  for at = 1, #found, 2 do
    if is_long_dead(found[at], found[at + 1], now) then redis.call('ZREM', index, found[at]) end
  end
end
