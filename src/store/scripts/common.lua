-- Prepended to every script.
--
-- record: '1 <created> <exchanged or 0> <expires> <session ttl> <suffix> <slug> <epoch>' LF <grant> LF <user agent>
--         (times in Unix ms of this server; <epoch>: of a ticket, the replication ID this had at the mint; or '-')
-- index:  a sorted set for each user, scored by time of creation. A member is
--         <suffix: 8><state: 1><digest of the live credential: 43><start of the ticket's digest: 8, once spent>
--         state: t pending, b active, r revoked, e ended. Members of dead sessions stay for a while: they
--         tell the operator why a credential is refused.
-- Every script may be repeated after a lost reply, and finds what it did the first time.

local HEAD = '^1 (%d+) (%d+) (%d+) (%d+) (%w+) ([%w-]+) (%S+)\n(.*)$'
local DAY_MS = 86400000
local INDEX_GRACE_MS = 3600000
local FATES = { t = 'expired', b = 'expired', r = 'revoked', e = 'ended' }

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Nil where the server forbids INFO to this user, or knows it by another name.
local function replication_info()
  local info = redis.pcall('INFO', 'replication')
  if type(info) == 'string' then return info end
  return nil
end

-- The replication ID changes with every failover and restart. Replication is asynchronous and disks are
-- flushed late: after either, a spent ticket may be back, so one of another epoch must not be spent.
local function epoch(fence)
  if fence ~= 'fence' then return '-' end
  return string.match(replication_info() or '', 'master_replid:(%x+)') or '-'
end

-- How many replicas would have to acknowledge a write; '' where the server does not tell.
local function online_replicas()
  local info = replication_info()
  if not info then return '' end
  local _, online = string.gsub(info, 'state=online', '')
  return tostring(online)
end

local function suffix_of(member) return string.sub(member, 1, 8) end
local function state_of(member) return string.sub(member, 9, 9) end
local function digest_of(member) return string.sub(member, 10, 52) end

-- 'vst:{tag}:u' -> 'vst:{tag}:t:<digest>' or 'vst:{tag}:b:<digest>'
local function record_key(index, member)
  return string.sub(index, 1, -2) .. state_of(member) .. ':' .. digest_of(member)
end

local function is_live(member)
  local state = state_of(member)
  return state == 't' or state == 'b'
end

local function find_member(index, created, suffix)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', index, created, created)) do
    if suffix_of(member) == suffix then return member end
  end
  return nil
end

local function put_member(index, created, old, new)
  if old and old ~= new then redis.call('ZREM', index, old) end
  redis.call('ZADD', index, created, new)
end

local function with_state(member, state)
  return suffix_of(member) .. state .. string.sub(member, 10)
end

-- While a slot of a cluster moves, its keys are on either of two nodes, and a key that is missing here may be there.
-- Redis refuses such a call, but only over keys that the call has declared. So no script touches a record that is not
-- among its KEYS: it answers { 'declare', key, ... } and is called again with these as further keys.
local function undeclared(index, members)
  local declared, reply, is_complete = {}, { 'declare' }, true
  for _, key in ipairs(KEYS) do declared[key] = true end
  for _, member in ipairs(members) do
    if is_live(member) then
      local key = record_key(index, member)
      reply[#reply + 1] = key
      is_complete = is_complete and declared[key]
    end
  end
  if is_complete then return nil end
  return reply
end

-- Whoever finds nothing to do must have written too: WAIT waits for the last write of its own connection.
local function touch(index)
  local left = redis.call('PTTL', index)
  if left > 0 then
    redis.call('PEXPIRE', index, left)
  elseif left == -2 then
    redis.call('SET', index, '')
    redis.call('DEL', index)
  end
end

-- The index outlives its longest session, so that for a while it can tell why that one is gone.
local function keep(index, ttl)
  if redis.call('PTTL', index) < ttl + INDEX_GRACE_MS then
    redis.call('PEXPIRE', index, ttl + INDEX_GRACE_MS)
  end
end

-- { why, created, suffix } of the session that this digest once stood for. Looks at the newest 32 only, and without
-- cutting them up: what it takes shows in the time of a refusal, and a refusal costs whoever asks nothing.
local function fate(index, digest)
  local start = string.sub(digest, 1, 8)
  for at, member in ipairs(redis.call('ZREVRANGE', index, 0, 31)) do
    local why = nil
    if string.find(member, digest, 10, true) == 10 then
      why = FATES[state_of(member)]
    elseif string.find(member, start, 53, true) == 53 then
      why = 'used'
    end
    if why then
      local created = redis.call('ZREVRANGE', index, at - 1, at - 1, 'WITHSCORES')[2]
      return { why, created, suffix_of(member) }
    end
  end
  return { 'unknown', '', '' }
end

-- Up to `count` members older than the position, newest first; when each was created; whether there are more.
local function members_before(index, created, suffix, count)
  local from = '+inf'
  if created ~= '' then from = created end
  local found = redis.call('ZREVRANGEBYSCORE', index, from, '-inf', 'WITHSCORES', 'LIMIT', 0, count)
  local members, times = {}, {}
  for at = 1, #found, 2 do
    local same_time = found[at + 1] == created
    if not (same_time and suffix_of(found[at]) >= suffix) then
      members[#members + 1] = found[at]
      times[#times + 1] = found[at + 1]
    end
  end
  return members, times, #found / 2 == count
end
