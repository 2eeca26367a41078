-- A call that finds nothing to do must write too: WAIT waits for the last write on its own connection.
local function touch(index)
  local left = redis.call('PTTL', index)
  if left > 0 then
    redis.call('PEXPIRE', index, left)
  elseif left == -2 then
    -- A server whose memory is full refuses it; nothing is there then that a revocation could miss.
    redis.pcall('SET', index, '')
    redis.call('DEL', index)
  end
end
