-- Whether a ticket of this epoch (epoch.lua) must not be spent here. To look for one that is known takes less time than to
-- read the server's own. No ID begins with another one.
local function is_of_another(epoch)
  if epoch == '-' then return false end
  local info = redis.pcall('INFO', 'replication')
  return type(info) ~= 'string' or not string.find(info, 'master_replid:' .. epoch, 1, true)
end
