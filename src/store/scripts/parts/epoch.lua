-- The replication ID changes with every failover and restart. Replication is asynchronous and disks are flushed late, so
-- a spent ticket may be back after either. So a ticket of another epoch must not be spent (fence.lua).
-- '-' if the server forbids INFO to this user, has it under another name, or tells no ID.
local function epoch()
  local info = redis.pcall('INFO', 'replication')
  if type(info) ~= 'string' then return '-' end
  local _, before = string.find(info, 'master_replid:', 1, true)
  return before and string.match(info, '^%x+', before + 1) or '-'
end
