-- What a server answers that has become a replica. The primary of now may know more, so nothing else may be answered.
local DEMOTED = { err = 'READONLY this server has become a replica' }

-- `refusal`: what a call, or Lua's pcall, has met.
local function is_demotion(refusal)
  local text = type(refusal) == 'table' and refusal.err or refusal
  return string.find(tostring(text), 'READONLY', 1, true) ~= nil
end
