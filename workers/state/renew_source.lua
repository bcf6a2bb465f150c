-- Hold a source and its hosts for longer, and note the time of the last request.
-- ARGV: source, token, until, last request, authorities...
-- Returns 1, or 0 where the lease is stale: the crawl must end.
if redis.call('HGET', key('leases'), ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('ZADD', key('schedule'), ARGV[3], ARGV[1])
for i = 5, #ARGV do
  local host = key('host', ARGV[i])
  if redis.call('HGET', host, 'owner') == ARGV[2] then redis.call('HSET', host, 'until', ARGV[3], 'last', ARGV[4]) end
end
return 1
