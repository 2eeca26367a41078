-- KEYS: index, then what an answer asked to declare
-- ARGV: created and suffix to go on before ('' at first), how many members to look at, how many records to read
-- -> { 'page', created, suffix, record, record, ... } with '' where nothing is left | { 'declare', key, ... }
local members, times, more = members_before(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
local wanted, live, last = tonumber(ARGV[4]), {}, #members
for at, member in ipairs(members) do
  if is_live(member) then live[#live + 1] = member end
  if #live == wanted then
    more, last = more or at < #members, at
    break
  end
end
local needed = undeclared(KEYS[1], live)
if needed then return needed end
local reply = { 'page', '', '' }
if more and last > 0 then reply[2], reply[3] = times[last], suffix_of(members[last]) end
for _, member in ipairs(live) do
  local record = redis.call('GET', record_key(KEYS[1], member))
  if record then reply[#reply + 1] = record end
end
return reply
