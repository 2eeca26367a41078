-- After member.lua.
local FATES = { t = 'expired', b = 'expired', r = 'revoked', e = 'ended', i = 'idle', d = 'displaced' }

-- { why, created, suffix, member } of the session that this digest once stood for. It looks only at the newest 32, without taking
-- them apart: refusals must stay cheap, because anybody can cause them for nothing.
local function fate(index, digest)
  local start = string.sub(digest, 1, 8)
  for at, member in ipairs(redis.call('ZREVRANGE', index, 0, 31)) do
    local why = nil
    if string.find(member, digest, 10, true) == 10 then
      -- Another state is a later release's.
      why = FATES[state_of(member)] or 'unknown'
    elseif string.find(member, start, 53, true) == 53 then
      why = 'used'
    end
    if why then
      local created = redis.call('ZREVRANGE', index, at - 1, at - 1, 'WITHSCORES')[2]
      return { why, created, suffix_of(member), member }
    end
  end
  return { 'unknown', '', '' }
end
