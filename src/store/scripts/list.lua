-- KEYS: index   ARGV: created and suffix to go on before ('' at first), count
-- -> { created, suffix, record, record, ... } with '' where nothing is left
local members, more = members_before(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
local reply = { '', '' }
for at = 1, #members, 2 do
  local member = members[at]
  if more then reply[1], reply[2] = members[at + 1], suffix_of(member) end
  local record = is_live(member) and redis.call('GET', record_key(KEYS[1], member))
  if record then reply[#reply + 1] = record end
end
return reply
