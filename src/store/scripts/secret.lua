-- KEYS: the mark of the secret that the gateways have   ARGV: own mark, how long it stays, marks of previous secrets
-- -> 'same' | 'rotation' | 'other'
local found = redis.call('GET', KEYS[1])
local verdict = 'same'
if found and found ~= ARGV[1] then
  verdict = 'other'
  for at = 3, #ARGV do
    if found == ARGV[at] then verdict = 'rotation' end
  end
end
-- A server whose memory is full refuses it; then the next time.
if verdict ~= 'other' then redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return verdict
