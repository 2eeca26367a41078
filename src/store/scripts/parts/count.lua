-- After member.lua.
-- As text: live sessions of the user, among the newest 100. Few people have more than 50 members, and then looking costs
-- little. (Not by ZCARD: the former release's user in Redis may not call it.)
local FEW, LOOKED_AT = 50, 100

local function live_count(index)
  if not redis.call('ZREVRANGE', index, FEW, FEW)[1] then return '0' end
  local count = 0
  for _, member in ipairs(redis.call('ZREVRANGE', index, 0, LOOKED_AT - 1)) do
    if is_live(member) then count = count + 1 end
  end
  return tostring(count)
end
