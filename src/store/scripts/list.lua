-- KEYS: index, then what an answer asked to declare   ARGV: created and suffix to go on before ('' at first), count
-- -> { 'page', created, suffix, record, record, ... } with '' where nothing is left | { 'declare', key, ... }
local members, times, more = members_before(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
local needed = undeclared(KEYS[1], members)
if needed then return needed end
local reply = { 'page', '', '' }
for at, member in ipairs(members) do
  if more then reply[2], reply[3] = times[at], suffix_of(member) end
  local record = is_live(member) and redis.call('GET', record_key(KEYS[1], member))
  if record then reply[#reply + 1] = record end
end
return reply
