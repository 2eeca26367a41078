-- How many replicas would have to acknowledge a write; '' if the server does not tell: it forbids INFO to this user, or has
-- it under another name.
local function online_replicas()
  local info = redis.pcall('INFO', 'replication')
  if type(info) ~= 'string' then return '' end
  local _, online = string.gsub(info, 'state=online', '')
  return tostring(online)
end
