-- Hold a source and its hosts for longer, and note the time of the last request.
-- ARGV: source, token, until, last request, delay, the edition of the settings it is crawled with or '', authorities...
-- Returns 1; 2 where it is held, but the source's settings are others now; or 0 where the crawl must end: its lease is
--   stale, a host is or was another's, or the source is no longer wanted.
if redis.call('HGET', key('leases'), ARGV[1]) ~= ARGV[2] then return 0 end
if not redis.call('ZSCORE', key('schedule'), ARGV[1]) then return 0 end
for i = 7, #ARGV do
  if redis.call('HGET', key('host', ARGV[i]), 'owner') ~= ARGV[2] then return 0 end
end
redis.call('ZADD', key('schedule'), 'XX', ARGV[3], ARGV[1])
for i = 7, #ARGV do
  lock(ARGV[i], ARGV[2], ARGV[3])
  redis.call('HSET', key('host', ARGV[i]), 'last', ARGV[4], 'delay', ARGV[5])
end
local edition = ARGV[6] ~= '' and redis.call('HGET', key('editions'), ARGV[1])
return edition and edition ~= ARGV[6] and 2 or 1
