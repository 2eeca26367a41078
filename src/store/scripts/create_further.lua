-- After create.lua: of a user with other sessions, or of a ticket that is there already.
if is_new then
  prune(KEYS[2], created, suffix_of(member))
  return created .. ' ' .. live_count(KEYS[2], created)
end
-- Only our own earlier attempt, whose reply was lost, can have stored it: the ticket is random.
local earlier = redis.call('GET', KEYS[1])
local stored = earlier and (string.match(earlier, HEAD) or 'corrupt') or created
return stored .. ' ' .. live_count(KEYS[2], created)
