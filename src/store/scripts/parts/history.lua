-- After time.lua. Of a gateway that keeps histories; others have no_history.lua in its place.
-- history: under 'vst:{tag}:h:<start of the digest of the session's first credential: 8>'. A line for each event:
--          <event: 1><time: Unix ms>[TAB <detail>]
--          event: c created, o opened, x exchanged, f refused, r revoked, e ended, p replaced, i idle, d displaced. A later release may
--          write others.
-- Every access is by pcall: no request fails because a history is lost.

-- The last argument of every script: how long a history outlives its session.
local KEEP_MS = tonumber(ARGV[#ARGV])
-- The index goes on as long, so that its sessions are found.
local MEMORY_MS = math.max(KEEP_MS, 3600000)
-- The same numbers as in domain/history.rs.
local MOST = 32
-- An event and a time.
local SHORTEST_LINE = 14

-- How many such events, and how many of these alike; nil for what changes a session.
local function limits_of(event)
  if event == 'o' then return 5, 2 end
  if event == 'f' then return 16, 5 end
  return nil
end

local function has_room(told, event, detail)
  local most_of, most_alike = limits_of(event)
  if not most_of and #told < MOST * SHORTEST_LINE then return true end
  local all, same, alike = 0, 0, 0
  for line in string.gmatch(told, '[^\n]+') do
    all = all + 1
    if string.sub(line, 1, 1) == event then
      same = same + 1
      if string.match(line, '\t(.*)$') == detail then alike = alike + 1 end
    end
  end
  return all < MOST and (not most_of or same < most_of and alike < most_alike)
end

-- The first event of a session.
local function tell_first(key, event, now, detail, life)
  redis.pcall('SET', key, event .. now .. '\t' .. detail, 'PX', whole(life + KEEP_MS))
end

-- `life`: how long the session can still last; without it the history's end stays where it is. `now` may be left out.
local function tell(key, event, now, detail, life)
  local told = redis.pcall('GET', key)
  if type(told) == 'table' then return end
  -- Whoever opens or is refused can be anybody, so that begins no history.
  if not told and limits_of(event) then return end
  told = told or ''
  if not has_room(told, event, detail) then return end
  local line = event .. (now or now_ms())
  if detail ~= '' then line = line .. '\t' .. detail end
  if told ~= '' then line = told .. '\n' .. line end
  if life then
    redis.pcall('SET', key, line, 'PX', whole(life + KEEP_MS))
  else
    redis.pcall('SET', key, line, 'KEEPTTL')
  end
end

local function history_key(index, member)
  local first = string.sub(member, 53, 60)
  if first == '' or first == '........' then first = string.sub(member, 10, 17) end
  return string.sub(index, 1, -2) .. 'h:' .. first
end

-- The same for a session that is over now, and which its member in the index names. Its key need not be declared: while a
-- slot of a cluster moves, a history that is not here is lost, and nothing else.
local function tell_of(index, member, event) tell(history_key(index, member), event, nil, '', 0) end
