-- After time.lua, and history.lua or no_history.lua.
-- No session that is known is older: the longest life of a ticket and of a session together, and what the index remembers.
local function oldest(now) return now - 86400000 - MEMORY_MS end
