-- As text. ('%d' alone is too short for a time on a 32-bit server, '%.0f' takes twice as long; by default Lua and Redis write
-- 17 digits of a floating-point number.)
local function whole(number)
  if number < 2147483648 then return string.format('%d', number) end
  local rest = number % 1000000
  return string.format('%d%06d', (number - rest) / 1000000, rest)
end

-- As text.
local function now_ms()
  local time = redis.call('TIME')
  -- Of the microseconds, which have no zeros in front.
  return time[1] .. string.sub('00000' .. time[2], -6, -4)
end
