-- KEYS: ticket record, index, history
-- ARGV: ticket ttl, member of the index, '<session ttl> <suffix> <slug>', grant, 'fence' or '', origin
-- -> '<created>', and after it ' <live sessions>' where there may be many
local ticket_ttl, member = ARGV[1], ARGV[2]
local created = now_ms()
local left = redis.call('PTTL', KEYS[2])
-- Most users have no other session, and then there is nothing to look for.
local is_first = left == -2
-- A connection that loses packets may deliver the first try after the repeat was answered, and after its ticket was spent
-- or revoked. The ticket must not come back. Nobody waits for that answer.
local is_new = is_first or not is_known(KEYS[2], string.sub(member, 1, 8), 32)
if is_new then
  local head = '1 ' .. created .. ' 0 ' .. whole(created + ticket_ttl) .. ' ' .. ARGV[3] .. ' '
  local record = head .. (ARGV[5] == 'fence' and epoch() or '-') .. '\n' .. ARGV[4] .. '\n'
  -- False if the ticket is there already.
  is_new = redis.call('SET', KEYS[1], record, 'PX', ticket_ttl, 'NX')
end
if is_new then
  redis.call('ZADD', KEYS[2], created, member)
  keep(KEYS[2], left, ticket_ttl)
  tell_first(KEYS[3], 'c', created, ARGV[6], ticket_ttl)
  if is_first then return created end
end
