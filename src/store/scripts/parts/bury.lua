-- After member.lua.

-- Replaces the member of a live session by that of a dead one. The index is never empty in between: created anew, it
-- would have no time to live, and would stay for ever. A server whose memory is full refuses the new member; then the
-- operator is not told why the session is over, but it is.
local function bury(index, created, member, state)
  redis.pcall('ZADD', index, created, suffix_of(member) .. state .. string.sub(member, 10))
  redis.call('ZREM', index, member)
end
