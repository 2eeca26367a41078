-- KEYS: index, then what an answer asked to declare
-- ARGV: 'handle', created, suffix | 'digest', digest, '' | 'latest', how many, ''; how long a history outlives its session
-- -> { 'known', created, suffix, 'live' or why not, 'link' or 'exchanged' or 'direct', record, history, ... }: six for each
--    session | { 'declare', key, ... }
-- Of a member whose record is not there.
local function why_over(member, created)
  local why = FATES[state_of(member)] or 'unknown'
  if why == 'expired' and idle_term(member) and tonumber(now_ms()) < expiry_of(member, created) then return 'idle' end
  return why
end

-- What it began with.
local function stage_of(member)
  local first = string.sub(member, 53, 60)
  if first == '' then return 'link' end
  return first == '........' and 'direct' or 'exchanged'
end

local function found_by_handle()
  local member = find_member(KEYS[1], ARGV[2], ARGV[3])
  return member and { member } or {}, { ARGV[2] }
end

local function is_asked(member)
  if state_of(member) == 'x' then return false end
  if ARGV[1] == 'latest' then return true end
  return string.find(member, ARGV[2], 10, true) == 10
    or string.find(member, string.sub(ARGV[2], 1, 8), 53, true) == 53
end

local function newest_that_are_asked()
  local members, times, most = {}, {}, ARGV[1] == 'latest' and tonumber(ARGV[2]) or 1
  local found = redis.call('ZREVRANGE', KEYS[1], 0, KEPT - 1, 'WITHSCORES')
  for at = 1, #found, 2 do
    if #members < most and is_asked(found[at]) then
      members[#members + 1], times[#times + 1] = found[at], found[at + 1]
    end
  end
  return members, times
end

local find = ARGV[1] == 'handle' and found_by_handle or newest_that_are_asked
local members, times = find()
local needed = undeclared(KEYS[1], members)
if needed then return needed end
local reply = { 'known' }
for at, member in ipairs(members) do
  local record = is_live(member) and redis.call('GET', record_key(KEYS[1], member))
  local why = record and 'live' or why_over(member, times[at])
  local told = redis.pcall('GET', history_key(KEYS[1], member))
  if type(told) ~= 'string' then told = '' end
  for _, word in ipairs({ times[at], suffix_of(member), why, stage_of(member), record or '', told }) do
    reply[#reply + 1] = word
  end
end
return reply
