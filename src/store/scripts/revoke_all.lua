-- KEYS: index, then what an answer asked to declare
-- ARGV: created and suffix to go on before ('' at first), count, created and suffix of the one to keep ('': none), a name of
--       this call: 8 characters
-- -> { 'removed', how many, replicas online, created, suffix } with '' where nothing is left | { 'declare', key, ... }
-- In batches, so that no other client waits long.

local told = earlier_try(KEYS[1], ARGV[6])
if told then
  touch(KEYS[1])
  return told
end
local members, times, more = members_before(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
local needed = undeclared(KEYS[1], members)
if needed then return needed end
local removed, created, suffix = 0, '', ''
-- The newest member of all, so that the index is never empty.
local graves = ARGV[1] == '' and KEPT or 0
for at, member in ipairs(members) do
  created, suffix = times[at], suffix_of(member)
  if created == ARGV[4] and suffix == ARGV[5] then
    -- It goes on.
  elseif is_live(member) then
    local was_there = redis.call('DEL', record_key(KEYS[1], member))
    removed = removed + was_there
    if was_there == 1 then tell_of(KEYS[1], member, 'r') end
    if at <= graves then bury(KEYS[1], created, member, 'r') else redis.call('ZREM', KEYS[1], member) end
  elseif is_grave(member) and at > graves then
    redis.call('ZREM', KEYS[1], member)
  end
end
if not more then created, suffix = '', '' end
if removed > 0 then remember_try(KEYS[1], ARGV[6], removed, created, suffix) end
touch(KEYS[1])
return { 'removed', tostring(removed), online_replicas(), created, suffix }
