-- record: '1 <created> <exchanged or 0> <expires> <session ttl> <suffix> <slug> <epoch>' LF <grant> LF <user agent>
--         (times in Unix ms of this server; <epoch>: of a ticket, the replication ID this had at the mint; or '-')

local HEAD = '^1 (%d+) (%d+) (%d+) (%d+) (%w+) ([%w-]+) (%S+)\n(.*)$'

-- As text. Redis and Lua themselves write every number as floating point, at several times the cost.
local function whole(number) return string.format('%d', number) end

-- As text.
local function now_ms()
  local time = redis.call('TIME')
  return string.format('%s%03d', time[1], time[2] / 1000)
end
