-- KEYS: index   ARGV: created, suffix   -> record or nil
local member = find_member(KEYS[1], ARGV[1], ARGV[2])
if not member or not is_live(member) then return false end
return redis.call('GET', record_key(KEYS[1], member))
