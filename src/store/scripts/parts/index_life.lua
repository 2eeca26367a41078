local INDEX_GRACE_MS = 3600000

-- The index outlives its longest session, so that for a while it can tell why that one is gone. `left`: its PTTL before
-- this session was put into it.
local function keep(index, left, ttl)
  local life = ttl + INDEX_GRACE_MS
  if left < life then redis.call('PEXPIRE', index, string.format('%.0f', life)) end
end

-- Whoever finds nothing to do must have written too: WAIT waits for the last write of its own connection.
local function touch(index)
  local left = redis.call('PTTL', index)
  if left > 0 then
    redis.call('PEXPIRE', index, left)
  elseif left == -2 then
    redis.call('SET', index, '')
    redis.call('DEL', index)
  end
end
