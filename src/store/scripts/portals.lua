-- KEYS: the portals of a workspace that may have sessions: a set of slugs, each with the time until which it counts
-- ARGV: slug to add ('': none), how long it counts
-- -> the slugs
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000
if ARGV[1] ~= '' then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf')
