-- KEYS: ticket or session record, index   ARGV: its digest
-- -> { 'found', record } | { 'gone', why, created, suffix }
local active = redis.call('GET', KEYS[1])
if active then return { 'found', active } end
local why, created, suffix, member = unpack(fate(KEYS[2], ARGV[1]))
-- Its record has gone before its time. Whoever notices that first is told so.
if why == 'expired' and idle_term(member) and tonumber(now_ms()) < expiry_of(member, created) then
  local is_buried, refusal = pcall(bury, KEYS[2], created, member, 'i')
  if is_buried then
    why = 'idle_now'
    tell_of(KEYS[2], member, 'i')
  elseif is_demotion(refusal) then
    return DEMOTED
  else
    -- A server that takes no writes. Whoever notices it once it takes them is told.
    why = 'idle'
  end
end
return { 'gone', why, created, suffix }
