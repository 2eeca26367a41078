-- KEYS: the secrets of the gateways on this store: a set of 'used <mark>' and 'here <gateway> <mark> <mark> ...' (its own first),
--       each with the time until which it counts
-- ARGV: gateway ('': it only looks), whether it serves already, how long a used mark counts, how long a gateway,
--       own mark, marks of previous secrets
-- -> 'same' | 'rotation' | 'other' | 'unannounced'
local gateway, serves, own = ARGV[1], ARGV[2] == '1', ARGV[5]
local known, mine = {}, 'here ' .. gateway
for at = 5, #ARGV do
  known[ARGV[at]] = true
  mine = mine .. ' ' .. ARGV[at]
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000
local after = string.format('(%.0f', now)

local verdict = 'same'
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], after, '+inf')) do
  local used = string.match(member, '^used (%w+)$')
  local name, present, others = string.match(member, '^here (%w+) (%w+)(.*)$')
  used = used or present
  if used and not known[used] then
    verdict = 'other'
    break
  end
  if name and name ~= gateway and not string.find(present .. others .. ' ', own .. ' ', 1, true) then
    verdict = 'unannounced'
  elseif used and used ~= own and verdict == 'same' then
    verdict = 'rotation'
  end
end

-- Who serves counts, even if it should not: those that start must know of it. A server whose memory is full, or
-- that has too few replicas, refuses it; then the next time.
if gateway ~= '' and (serves or verdict == 'same' or verdict == 'rotation') then
  redis.pcall('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
  redis.pcall('ZADD', KEYS[1], now + ARGV[3], 'used ' .. own, now + ARGV[4], mine)
  redis.pcall('PEXPIRE', KEYS[1], ARGV[3])
end
return verdict
