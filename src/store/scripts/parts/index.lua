-- After member.lua and key.lua.
local function find_member(index, created, suffix)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', index, created, created)) do
    if suffix_of(member) == suffix then return member end
  end
  return nil
end

-- While a slot of a cluster moves, its keys are on two nodes, and a key that is missing here may be on the other one.
-- Redis refuses such a call, but only because of keys that the call has declared. So no script touches a record that is
-- not among its KEYS: it answers { 'declare', key, ... } and is called again with these as further keys.
local function undeclared(index, members)
  local declared, reply, is_complete = {}, { 'declare' }, true
  for _, key in ipairs(KEYS) do declared[key] = true end
  for _, member in ipairs(members) do
    if is_live(member) then
      local key = record_key(index, member)
      reply[#reply + 1] = key
      is_complete = is_complete and declared[key]
    end
  end
  if is_complete then return nil end
  return reply
end

-- Up to `count` members older than the position, newest first; when each was created; whether there are more.
local function members_before(index, created, suffix, count)
  local from = '+inf'
  if created ~= '' then from = created end
  local found = redis.call('ZREVRANGEBYSCORE', index, from, '-inf', 'WITHSCORES', 'LIMIT', 0, count)
  local members, times = {}, {}
  for at = 1, #found, 2 do
    local same_time = found[at + 1] == created
    if not (same_time and suffix_of(found[at]) >= suffix) then
      members[#members + 1] = found[at]
      times[#times + 1] = found[at + 1]
    end
  end
  return members, times, #found / 2 == count
end
