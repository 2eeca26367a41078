-- After member.lua.
local function digest_of(member) return string.sub(member, 10, 52) end

-- 'vst:{tag}:u' -> 'vst:{tag}:t:<digest>' or 'vst:{tag}:b:<digest>'
local function record_key(index, member)
  return string.sub(index, 1, -2) .. state_of(member) .. ':' .. digest_of(member)
end
