-- After time.lua and idle.lua.
-- How long ago a session became active.
local function age_of(key, exchanged, ttl, grant)
  if idle_timeout(grant) then return now_ms() - exchanged end
  return ttl - redis.call('PTTL', key)
end
