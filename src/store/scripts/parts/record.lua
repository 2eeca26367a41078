-- record: '1 <created> <exchanged or 0> <expires> <session ttl> <suffix> <slug> <epoch>' LF <grant> LF <user agent>
--         (times in Unix ms of this server; <epoch>: of a ticket, the replication ID this had at the mint; or '-')
--         A later release may write version 2, with more fields in the head and more lines at the end. They are kept.

local HEAD = '^[12] (%d+) (%d+) (%d+) (%d+) (%w+) ([%w-]+) (%S+)([^\n]*)\n([^\n]*)\n([^\n]*)(.*)$'

-- As text. By default Lua and Redis write 17 digits of a floating-point number, at twice the cost. ('%d' is too short for
-- a time on a 32-bit server.)
local function whole(number) return string.format('%.0f', number) end

-- As text.
local function now_ms()
  local time = redis.call('TIME')
  return string.format('%s%03d', time[1], math.floor(time[2] / 1000))
end
