-- KEYS: index, the record where the caller knows it, then what an answer asked to declare
-- ARGV: created, suffix, 'r' or 'e', the event in the history   -> { 'removed', how many, replicas online } | { 'declare', key }
local member = find_member(KEYS[1], ARGV[1], ARGV[2])
local needed = member and undeclared(KEYS[1], { member })
if needed then return needed end
-- All of them, so that a caller that knows the token can remove its session even if the index was lost. Before the
-- index: a server whose memory is full takes a new member only from a script that has written already.
local removed = 0
for at = 2, #KEYS do
  if redis.call('DEL', KEYS[at]) == 1 then removed = 1 end
end
if member and is_live(member) then bury(KEYS[1], ARGV[1], member, ARGV[3]) end
if member and removed == 1 then tell_of(KEYS[1], member, ARGV[4]) end
touch(KEYS[1])
return { 'removed', tostring(removed), online_replicas() }
