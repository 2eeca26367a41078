-- After member.lua.
-- A member in state 't' has no time in it, so the longest is assumed.
local LONGEST_TICKET_MS = 900000

-- Of a member in state 't' or 'b'.
local function has_expired(member, created, now)
  if state_of(member) == 't' then return created + LONGEST_TICKET_MS < tonumber(now) end
  local expires = expiry_of(member, created)
  return expires ~= nil and expires < tonumber(now)
end
