-- Prepended to every script.
--
-- record: '1 <created> <exchanged or 0> <expires> <session ttl> <suffix> <slug> <epoch>' LF <grant> LF <user agent>
--         (times in Unix ms of this server; <epoch> is the replication ID it had at the mint, or '-')
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

-- The replication ID changes with every failover and restart. Replication is asynchronous and disks are
-- flushed late: after either, a spent ticket may be back, so one of another epoch must not be spent.
local function epoch(fence)
  if fence ~= 'fence' then return '-' end
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or '-'
end

local function suffix_of(member) return string.sub(member, 1, 8) end
local function state_of(member) return string.sub(member, 9, 9) end
local function digest_of(member) return string.sub(member, 10, 52) end
local function spent_of(member) return string.sub(member, 53, 60) end

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

-- The index outlives its longest session, so that for a while it can tell why that one is gone.
local function keep(index, ttl)
  if redis.call('PTTL', index) < ttl + INDEX_GRACE_MS then
    redis.call('PEXPIRE', index, ttl + INDEX_GRACE_MS)
  end
end

-- { why, created, suffix } of the session that this digest once stood for. Looks at the newest 128 only.
local function fate(index, digest)
  local newest = redis.call('ZREVRANGE', index, 0, 127, 'WITHSCORES')
  for at = 1, #newest, 2 do
    local member, created = newest[at], newest[at + 1]
    if digest_of(member) == digest then
      return { FATES[state_of(member)], created, suffix_of(member) }
    elseif spent_of(member) == string.sub(digest, 1, 8) then
      return { 'used', created, suffix_of(member) }
    end
  end
  return { 'unknown', '', '' }
end

-- Up to `count` members older than the position, newest first, as { member, created, member, created, ... }.
local function members_before(index, created, suffix, count)
  local from = '+inf'
  if created ~= '' then from = created end
  local found = redis.call('ZREVRANGEBYSCORE', index, from, '-inf', 'WITHSCORES', 'LIMIT', 0, count)
  local kept = {}
  for at = 1, #found, 2 do
    local same_time = found[at + 1] == created
    if not (same_time and suffix_of(found[at]) >= suffix) then
      kept[#kept + 1] = found[at]
      kept[#kept + 1] = found[at + 1]
    end
  end
  return kept, #found / 2 == count
end
