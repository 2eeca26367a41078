-- What a member of the index says of the session's life (member.lua), given in ms.
local function term(life, idles)
  if not idles then return string.format('%d', math.ceil(life / 60000)) end
  local seconds = math.ceil(life / 1000)
  return 'i' .. string.char(48 + math.floor(seconds / 2025), 48 + math.floor(seconds / 45) % 45, 48 + seconds % 45)
end
