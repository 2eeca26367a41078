-- KEYS: index, then what an answer asked to declare   ARGV: created, suffix
-- -> { 'found', record, state, digest } | { 'gone', replicas online } | { 'declare', key }
local member = find_member(KEYS[1], ARGV[1], ARGV[2])
if member and is_live(member) then
  local needed = undeclared(KEYS[1], { member })
  if needed then return needed end
  local record = redis.call('GET', record_key(KEYS[1], member))
  if record then return { 'found', record, state_of(member), digest_of(member) } end
end
-- A primary that was deposed and does not know it yet does not have the newest sessions.
touch(KEYS[1])
return { 'gone', online_replicas() }
