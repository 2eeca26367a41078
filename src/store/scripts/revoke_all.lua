-- KEYS: index   ARGV: created and suffix to go on before ('' at first), count
-- -> { removed, created, suffix } with '' where nothing is left. In batches, so that no other client waits long.
local members, more = members_before(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))
local removed, created, suffix = 0, '', ''
for at = 1, #members, 2 do
  local member = members[at]
  created, suffix = members[at + 1], suffix_of(member)
  if is_live(member) then
    removed = removed + redis.call('DEL', record_key(KEYS[1], member))
    put_member(KEYS[1], created, member, with_state(member, 'r'))
  end
end
if not more then created, suffix = '', '' end
return { removed, created, suffix }
