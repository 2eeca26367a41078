-- KEYS: ticket record, browser record, index, history
-- ARGV: ' slug slug ', user agent, 'fence' or '', how long a repeat finds its own success, a name of this call: 4 characters, and
--       the digests of the browser's own sessions; browser in short
-- -> the session's record | { 'done', record, what went, created, suffix, ... } | { 'full', record }
--  | { 'not_admitted', record } | { 'gone', why, created, suffix } | { 'corrupt' }
local function admits(slug) return string.find(ARGV[1], ' ' .. slug .. ' ', 1, true) ~= nil end

local ticket = string.sub(KEYS[1], -43)
local pending = redis.call('GET', KEYS[1])
-- `start`: '<version> <created>', `name`: '<session ttl> <suffix> <slug>'. Not by HEAD: a pattern looks at each character by
-- itself, which costs more than all else here.
local start, created, name, session_ttl, suffix, slug, epoch_at =
  string.match(pending or '', '^([12] (%d+)) %d+ %d+ ((%d+) (%w+) ([%w-]+)) ()%S')
local head_end = epoch_at and string.find(pending, '\n', epoch_at, true)
local grant_end = head_end and string.find(pending, '\n', head_end + 1, true)
local is_readable, is_admitted, is_fenced = grant_end ~= nil, false, false
local grant, more = '', ''
if is_readable then
  grant = string.sub(pending, head_end + 1, grant_end - 1)
  local minted_in = string.sub(pending, epoch_at, head_end - 1)
  local more_at = string.find(minted_in, ' ', 1, true)
  if more_at then minted_in, more = string.sub(minted_in, 1, more_at - 1), string.sub(minted_in, more_at) end
  is_admitted = admits(slug)
  is_fenced = is_admitted and ARGV[3] == 'fence' and is_of_another(minted_in)
end
-- Most are usual: with a grant that begins with the workspace, and so without any policy (room.lua, idle.lua).
local is_usual = is_admitted and not is_fenced and string.sub(grant, 1, 4) == '{"w"'
local went = nil
