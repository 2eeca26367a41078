-- After exchange_look.lua, if it found anything unusual.
if not pending then
  -- A repeated attempt finds its own success by the digest of its own token. No other attempt can.
  local active = redis.call('GET', KEYS[2])
  if active then
    local _, exchanged, _, ttl, _, portal, _, _, its_grant = string.match(active, HEAD)
    if not portal then return { 'corrupt' } end
    if not admits(portal) then return { 'not_admitted', active } end
    if age_of(KEYS[2], exchanged, ttl, its_grant) <= tonumber(ARGV[4]) then
      touch(KEYS[3])
      return append({ 'done', active }, displaced_by(KEYS[3], its_grant, string.sub(ARGV[5], 1, 4)))
    end
  end
  local why = fate(KEYS[3], ticket)
  tell(KEYS[4], 'f', nil, why[1])
  return { 'gone', why[1], why[2], why[3] }
end
if not is_readable then return { 'corrupt' } end
if not is_admitted then return { 'not_admitted', pending } end
if is_fenced then
  redis.call('DEL', KEYS[1])
  tell(KEYS[4], 'f', nil, 'fenced')
  return { 'gone', 'fenced', created, suffix }
end
local is_full
is_full, went = make_room(KEYS[3], grant, string.sub(ARGV[5], 5), string.sub(ARGV[5], 1, 4))
if is_full then
  tell(KEYS[4], 'f', nil, 'too_many_sessions')
  return { 'full', pending }
end
