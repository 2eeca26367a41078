-- index:  a sorted set for each user, scored by time of creation. A member is
--         <suffix: 8><state: 1><digest of the live credential: 43>, and once the ticket is spent
--         <start of the ticket's digest: 8><minutes from creation to expiry: 1 to 4 digits>, or in place of the
--         minutes, for a session with an idle time-out, 'i'<seconds: 3 digits of 45, from '0' on>. Redis keeps a set
--         small as long as no member has more than 64 bytes.
--         state: t pending, b active, r revoked, e ended, i idle, d displaced (then the last 4 characters
--         name the call that did it). State x is no session (tried.lua), and a later release may write others. Members of dead sessions stay for a while: they tell the operator why a
--         credential is refused.

-- So many of the newest members stay in any case.
local KEPT = 64

local function suffix_of(member) return string.sub(member, 1, 8) end
local function state_of(member) return string.sub(member, 9, 9) end

local function is_live(member)
  local state = state_of(member)
  return state == 't' or state == 'b'
end

local function is_grave(member)
  local state = state_of(member)
  return state == 'r' or state == 'e' or state == 'i' or state == 'd'
end

-- The seconds of one that has an idle time-out.
local function idle_term(member)
  local first, second, third = string.match(member, '^i(.)(.)(.)', 61)
  if not first then return nil end
  return (first:byte() - 48) * 2025 + (second:byte() - 48) * 45 + third:byte() - 48
end

-- In Unix ms, for a member whose ticket is spent. Nil if an earlier release has written it.
local function expiry_of(member, created)
  local minutes = string.match(member, '^%d+', 61)
  if minutes then return created + minutes * 60000 end
  local seconds = idle_term(member)
  return seconds and created + seconds * 1000
end
