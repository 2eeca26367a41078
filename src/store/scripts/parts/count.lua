-- After member.lua and expiry.lua.
-- As text: live sessions of the user, among the newest 100. Few people have more than 50 members, and then looking costs
-- little. (Not by ZCARD: the former release's user in Redis may not call it.)
local FEW, LOOKED_AT = 50, 100

local function live_count(index, now)
  if not redis.call('ZREVRANGE', index, FEW, FEW)[1] then return '0' end
  local count, found = 0, redis.call('ZREVRANGE', index, 0, LOOKED_AT - 1, 'WITHSCORES')
  for at = 1, #found, 2 do
    -- A session that has expired stays in state 't' or 'b' until it is pruned.
    if is_live(found[at]) and not has_expired(found[at], found[at + 1], now) then count = count + 1 end
  end
  return tostring(count)
end
