-- After member.lua.
-- Whether a session with this suffix is, or was, among so many of the newest. The rest of a member depends on its state
-- and on the policy, and a repeat may come under another policy. (Not by ZSCORE: the former release's user in Redis may not call it.)
local function is_known(index, suffix, looked_at)
  for _, member in ipairs(redis.call('ZREVRANGE', index, 0, looked_at - 1)) do
    if string.find(member, suffix, 1, true) == 1 then return true end
  end
  return false
end
