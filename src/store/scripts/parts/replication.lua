-- Nil if the server forbids INFO to this user, or has it under another name.
local function replication_info()
  local info = redis.pcall('INFO', 'replication')
  if type(info) == 'string' then return info end
  return nil
end

-- The replication ID changes with every failover and restart. Replication is asynchronous and disks are flushed late, so
-- a spent ticket may be back after either. So a ticket of another epoch must not be spent.
local function epoch(fence)
  if fence ~= 'fence' then return '-' end
  local info = replication_info() or ''
  local _, before = string.find(info, 'master_replid:', 1, true)
  return before and string.match(info, '^%x+', before + 1) or '-'
end

-- How many replicas would have to acknowledge a write; '' if the server does not tell.
local function online_replicas()
  local info = replication_info()
  if not info then return '' end
  local _, online = string.gsub(info, 'state=online', '')
  return tostring(online)
end
