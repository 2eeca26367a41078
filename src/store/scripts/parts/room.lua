-- After record.lua, member.lua, expiry.lua and key.lua. Room for one more live session of a user.
-- The grant of a session of a portal with a limit begins with {"c":"<the most><e or r>", or has that right after its idle
-- time-out. e: the oldest session ends; r: the new one is refused.
-- The records of the user's other sessions are not among KEYS. That is safe even while the slot moves: a call that
-- names a record which is not there yet, as the new session's, is refused then.

local function limit_of(grant)
  local most, mode = string.match(grant, '^{"c":"(%d+)(%a)"')
  if not most then most, mode = string.match(grant, '^{"i":[%d,"u:]*"c":"(%d+)(%a)"') end
  return tonumber(most), mode
end

-- Active members that have not expired, newest first, with their times of creation.
local function open_members(index)
  local now, members, times = now_ms(), {}, {}
  local found = redis.call('ZREVRANGE', index, 0, -1, 'WITHSCORES')
  for at = 1, #found, 2 do
    if state_of(found[at]) == 'b' and not has_expired(found[at], found[at + 1], now) then
      members[#members + 1], times[#times + 1] = found[at], found[at + 1]
    end
  end
  return members, times
end

-- Whether there is none; and what had to go: { why, created, suffix, ... }. `held`: the digests of the browser's own
-- sessions, which the new one replaces. `call`: 4 characters, so that a repeat of this call finds what it displaced.
local function make_room(index, grant, held, call)
  local most, mode = limit_of(grant)
  if not most then return false, {} end
  local members, times = open_members(index)
  if #members < most then return false, {} end
  local live, own, idle, went = {}, {}, {}, {}
  for at, member in ipairs(members) do
    local list = live
    if redis.call('PTTL', record_key(index, member)) == -2 then
      list = idle_term(member) and idle or {}
    elseif string.find(held, digest_of(member), 1, true) then
      list = own
    end
    list[#list + 1] = at
  end
  if mode == 'r' and #live >= most then return true, {} end

  local function goes(at, why, state, tail, event)
    local member, created = members[at], times[at]
    redis.call('DEL', record_key(index, member))
    redis.pcall('ZADD', index, created, suffix_of(member) .. state .. tail)
    redis.call('ZREM', index, member)
    tell_of(index, member, event)
    for _, word in ipairs({ why, created, suffix_of(member) }) do went[#went + 1] = word end
  end
  for _, at in ipairs(idle) do goes(at, 'idle', 'i', string.sub(members[at], 10), 'i') end
  if #live + #own >= most then
    for _, at in ipairs(own) do goes(at, 'replaced', 'e', string.sub(members[at], 10), 'p') end
  end
  for place = most, #live do
    local at = live[place]
    goes(at, 'displaced', 'd', string.sub(members[at] .. '........', 10, 60) .. call, 'd')
  end
  return false, went
end

-- What an earlier try of this call displaced: its reply was lost.
local function displaced_by(index, grant, call)
  local went = {}
  if not limit_of(grant) then return went end
  local found = redis.call('ZREVRANGE', index, 0, -1, 'WITHSCORES')
  for at = 1, #found, 2 do
    if state_of(found[at]) == 'd' and string.sub(found[at], 61) == call then
      for _, word in ipairs({ 'displaced', found[at + 1], suffix_of(found[at]) }) do went[#went + 1] = word end
    end
  end
  return went
end

local function is_displaced(index, suffix)
  for _, member in ipairs(redis.call('ZREVRANGE', index, 0, -1)) do
    if string.sub(member, 1, 9) == suffix .. 'd' then return true end
  end
  return false
end
