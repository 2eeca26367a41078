-- After record.lua.
local INDEX_GRACE_MS = 3600000

-- The index outlives its longest session, so that for a while it can tell why that one is gone. `left`: its PTTL before
-- this session was put into it.
local function keep(index, left, ttl)
  local life = ttl + INDEX_GRACE_MS
  if left < life then redis.call('PEXPIRE', index, whole(life)) end
end
