-- After time.lua, member.lua, expiry.lua and key.lua. Room for one more live session of a user.
-- The grant of a session of a portal with a limit begins with {"c":"<the most><e or r>", or has that right after its idle
-- time-out. e: the oldest session ends; r: the new one is refused.
-- The records of the user's other sessions are not among KEYS. That is safe even while the slot moves: a call that
-- names a record which is not there yet, as the new session's, is refused then.

-- So many sessions end in one call at most, of each kind, so that nobody waits long for this user. Who has more live ones,
-- from before there was a limit, loses the others with the next calls.
local AT_ONCE = 200
local PAGE = 256

local function limit_of(grant)
  local most, mode = string.match(grant, '^{"c":"(%d+)(%a)"')
  if not most then most, mode = string.match(grant, '^{"i":[%d,"u:]*"c":"(%d+)(%a)"') end
  return tonumber(most), mode
end

local function is_open(member, created, now)
  return state_of(member) == 'b' and not has_expired(member, created, now)
end

-- The next open member and when it was created, at each call; newest first.
local function open_members(index, now)
  local page, at, rank = {}, 1, 0
  return function()
    while true do
      if at > #page then
        if rank > 0 and #page < 2 * PAGE then return nil end
        page, at = redis.call('ZREVRANGE', index, rank, rank + PAGE - 1, 'WITHSCORES'), 1
        rank = rank + PAGE
      end
      local member, created = page[at], page[at + 1]
      at = at + 2
      if member and is_open(member, created, now) then return member, created end
    end
  end
end

local function sort_in(found, index, member, created, held)
  local list = found.live
  if redis.call('PTTL', record_key(index, member)) == -2 then
    list = idle_term(member) and found.idle or {}
  elseif string.find(held, digest_of(member), 1, true) then
    list = found.own
  end
  list[#list + 1] = { member, created }
  found.seen[member] = true
end

-- The newest, until as many live as may. Nil if there are too few in any case.
local function newest(index, now, most, held)
  local next_open, first = open_members(index, now), {}
  for at = 1, most do
    local member, created = next_open()
    if not member then return nil end
    first[at] = { member, created }
  end
  local found = { live = {}, own = {}, idle = {}, seen = {} }
  for _, one in ipairs(first) do sort_in(found, index, one[1], one[2], held) end
  while #found.live < most do
    local member, created = next_open()
    if not member then break end
    sort_in(found, index, member, created, held)
  end
  return found
end

-- Those before them, oldest first.
local function add_oldest(found, index, now, most, held)
  local until_created, offset, added = found.live[most][2], 0, 1
  while true do
    local page = redis.call('ZRANGEBYSCORE', index, '-inf', until_created, 'WITHSCORES', 'LIMIT', offset, PAGE)
    for at = 1, #page, 2 do
      if not found.seen[page[at]] and is_open(page[at], page[at + 1], now) then
        if added >= AT_ONCE then return end
        sort_in(found, index, page[at], page[at + 1], held)
        added = added + 1
      end
    end
    if #page < 2 * PAGE then return end
    offset = offset + PAGE
  end
end

-- Whether there is none; and what had to go: { why, created, suffix, ... }. `held`: the digests of the browser's own
-- sessions, which the new one replaces. `call`: 4 characters, so that a repeat of this call finds what it displaced.
local function make_room(index, grant, held, call)
  local most, mode = limit_of(grant)
  if not most then return false, {} end
  local now, went = now_ms(), {}
  local found = newest(index, now, most, held)
  if not found then return false, {} end
  local is_full = #found.live >= most
  if is_full and mode == 'r' then return true, {} end
  if is_full then add_oldest(found, index, now, most, held) end

  local function goes(one, why, state, tail, event)
    local member, created = one[1], one[2]
    redis.call('DEL', record_key(index, member))
    redis.pcall('ZADD', index, created, suffix_of(member) .. state .. tail)
    redis.call('ZREM', index, member)
    tell_of(index, member, event)
    for _, word in ipairs({ why, created, suffix_of(member) }) do went[#went + 1] = word end
  end
  for at = 1, math.min(#found.idle, AT_ONCE) do
    goes(found.idle[at], 'idle', 'i', string.sub(found.idle[at][1], 10), 'i')
  end
  if #found.live + #found.own >= most then
    for _, one in ipairs(found.own) do goes(one, 'replaced', 'e', string.sub(one[1], 10), 'p') end
  end
  -- The first of them in any case, though it is not the oldest: so those that were opened under the limit never outnumber it.
  for place = most, #found.live do
    local one = found.live[place]
    goes(one, 'displaced', 'd', string.sub(one[1] .. '........', 10, 60) .. call, 'd')
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
