-- record: '1 <created> <exchanged or 0> <expires> <session ttl> <suffix> <slug> <epoch>' LF <grant> LF <user agent>
--         (times in Unix ms of this server; <epoch>: of a ticket, the replication ID this had at the mint; or '-')

local HEAD = '^1 (%d+) (%d+) (%d+) (%d+) (%w+) ([%w-]+) (%S+)\n(.*)$'

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
