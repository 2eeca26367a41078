-- One by one: Lua's unpack fails at some thousands of values, when everything is written already.
local function append(list, further)
  for _, value in ipairs(further) do list[#list + 1] = value end
  return list
end
