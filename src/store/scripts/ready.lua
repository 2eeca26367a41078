-- KEYS: a text, a sorted set; nobody's   -> { 'ready' } | { 'refused', command, why, command, why, ... }
-- Calls every command that the other scripts cannot do without, so that one that is missing is found before a person is.
local reply = { 'refused' }
local function try(command, ...)
  local answer = redis.pcall(command, ...)
  if type(answer) == 'table' and answer.err then
    reply[#reply + 1] = command
    reply[#reply + 1] = answer.err
  end
end
try('TIME')
try('SET', KEYS[1], '1', 'PX', 1000)
try('GET', KEYS[1])
try('PTTL', KEYS[1])
try('PEXPIRE', KEYS[1], 1000)
try('GETDEL', KEYS[1])
try('ZADD', KEYS[2], 1, 'a')
try('ZRANGEBYSCORE', KEYS[2], 1, 1)
try('ZREVRANGE', KEYS[2], 0, 0)
try('ZREVRANGEBYSCORE', KEYS[2], '+inf', '-inf')
try('ZREM', KEYS[2], 'a')
try('ZREMRANGEBYSCORE', KEYS[2], 1, 1)
try('DEL', KEYS[1], KEYS[2])
if #reply == 1 then return { 'ready' } end
return reply
