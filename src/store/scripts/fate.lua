-- KEYS: ticket or browser record, index   ARGV: its digest
-- -> { 'found', record } | { 'gone', why, created, suffix }
local active = redis.call('GET', KEYS[1])
if active then return { 'found', active } end
local why = fate(KEYS[2], ARGV[1])
return { 'gone', why[1], why[2], why[3] }
