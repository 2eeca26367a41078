-- After time.lua. The grant of a session with an idle time-out begins with {"i":<time-out in ms>, and once the session is
-- active, with {"i":<time-out>,"u":<when it is over if nobody uses it any more, Unix ms>, Nothing that a user can choose
-- stands before that.

local function idle_timeout(grant) return tonumber(string.match(grant, '^{"i":(%d+),')) end

-- The grant of a session that begins now, and the life of its record; both as they are without a time-out.
local function begin(grant, timeout, now, ttl)
  if not timeout then return grant, ttl end
  local life = math.min(timeout, ttl)
  local rest = string.match(grant, '^{"i":%d+,(.*)$')
  return string.format('{"i":%.0f,"u":%.0f,%s', timeout, now + life, rest), whole(life)
end
