-- KEYS: index, then what an answer asked to declare   ARGV: created and suffix to go on before ('' at first), count
-- -> { 'removed', how many, replicas online, created, suffix } with '' where nothing is left | { 'declare', key, ... }
-- In batches, so that no other client waits long.
local members, times, more = members_before(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
local needed = undeclared(KEYS[1], members)
if needed then return needed end
local removed, created, suffix = 0, '', ''
for at, member in ipairs(members) do
  created, suffix = times[at], suffix_of(member)
  if is_live(member) then
    removed = removed + redis.call('DEL', record_key(KEYS[1], member))
    bury(KEYS[1], created, member, 'r')
  end
end
if not more then created, suffix = '', '' end
touch(KEYS[1])
return { 'removed', tostring(removed), online_replicas(), created, suffix }
