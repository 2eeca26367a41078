-- After record.lua.
local INDEX_GRACE_MS = 3600000

-- The index outlives its longest session, so that it can tell for a while why that session is gone. `left`: its PTTL
-- before this session was added.
local function keep(index, left, ttl)
  local life = ttl + INDEX_GRACE_MS
  if left < life then redis.call('PEXPIRE', index, whole(life)) end
end
