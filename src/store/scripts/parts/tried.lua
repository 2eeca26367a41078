-- After member.lua and oldest.lua. What a call that revoked a batch of a user's sessions has done, for a repeat of it
-- whose answer was lost: that one finds nothing more, and would tell that nothing was there. It is a member of the index, so
-- that the call has no key that may be missing: while a slot of a cluster moves, Redis refuses a call of which one is. Its
-- place is behind all sessions, where the next new session after a minute removes it as one that is too old.
local TRIED_MS = 60000

-- { 'removed', how many, replicas online, created, suffix }, or nil if there was no earlier try. `call`: 8 characters.
local function earlier_try(index, call)
  local now = oldest(now_ms())
  -- Twice as far, for a clock that is set back.
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', index, whole(now), whole(now + 2 * TRIED_MS))) do
    if string.sub(member, 1, 9) == call .. 'x' then
      local removed, created, suffix = string.match(member, '^(%d+) (%d*) (%w*)$', 10)
      if removed then return { 'removed', removed, online_replicas(), created, suffix } end
    end
  end
  return nil
end

-- A server whose memory is full refuses it. An index that is created anew would have no time to live.
local function remember_try(index, call, removed, created, suffix)
  if redis.call('PTTL', index) <= 0 then return end
  local told = table.concat({ removed, created, suffix }, ' ')
  redis.pcall('ZADD', index, whole(oldest(now_ms()) + TRIED_MS), call .. 'x' .. told)
end
