-- KEYS: index, optionally the browser record   ARGV: created, suffix, 'r' or 'e'   -> how many were removed
local removed = 0
local member = find_member(KEYS[1], ARGV[1], ARGV[2])
if member and is_live(member) then
  removed = redis.call('DEL', record_key(KEYS[1], member))
  put_member(KEYS[1], ARGV[1], member, with_state(member, ARGV[3]))
end
-- Whoever knows the token removes its session even where the index has been lost.
if KEYS[2] and redis.call('DEL', KEYS[2]) == 1 then removed = 1 end
return removed
