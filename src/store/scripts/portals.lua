-- KEYS: the portals of a workspace that may have sessions: a set of slugs, each with the time until which it counts
-- ARGV: how long those count that are added, the slugs to add
-- -> all slugs
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000
if ARGV[2] then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
  for at = 2, #ARGV do
    redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[1]), ARGV[at])
  end
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf')
