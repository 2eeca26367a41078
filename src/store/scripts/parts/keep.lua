-- After time.lua, and history.lua or no_history.lua.

-- The index outlives its longest session, so that it can tell for a while why that session is gone. `left`: its PTTL
-- before this session was added.
local function keep(index, left, ttl)
  local life = ttl + MEMORY_MS
  if left < life then redis.call('PEXPIRE', index, whole(life)) end
end
