-- KEYS: history   ARGV: event, detail, how long a history outlives its session   -> nothing
-- What changes nothing, and so needs no place in another script.
tell(KEYS[1], ARGV[1], nil, ARGV[2])
