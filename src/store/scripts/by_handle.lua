-- KEYS: index, then what an answer asked to declare   ARGV: created, suffix
-- -> { 'found', record } | { 'gone' } | { 'declare', key }
local member = find_member(KEYS[1], ARGV[1], ARGV[2])
if not member or not is_live(member) then return { 'gone' } end
local needed = undeclared(KEYS[1], { member })
if needed then return needed end
local record = redis.call('GET', record_key(KEYS[1], member))
if record then return { 'found', record } end
return { 'gone' }
