-- Begin a backfill of a source, unless one is under way.
-- ARGV: source, a name for it, since, until, now
-- Returns the name, since and until of the one that is under way now.
local source, state = ARGV[1], key('backfill', ARGV[1])
local present = redis.call('HMGET', state, 'id', 'since', 'until', 'ended')
if present[1] and not present[4] then return {present[1], present[2], present[3]} end
redis.call('DEL', state, key('older-links', source), key('older-open', source))
redis.call('HSET', state, 'id', ARGV[2], 'since', ARGV[3], 'until', ARGV[4], 'asked', ARGV[5], 'rev', 0)
redis.call('HSET', key('crawl', source), 'backfill', ARGV[2])
redis.call('SADD', key('backfills'), source)
due_no_later(source, ARGV[5])
return {ARGV[2], ARGV[3], ARGV[4]}
