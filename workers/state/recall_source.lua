-- Take back a lease that no crawl has begun: its source is due, its hosts are free.
-- ARGV: source, now, the time by which a lease that was sent long ago runs out, how the tokens of crawls that have begun
--   start, authorities...
-- Returns 1, or 0 where it has been begun, was sent off just now, or is none.
local source, now = ARGV[1], ARGV[2]
local token = redis.call('HGET', key('leases'), source)
local till = tonumber(redis.call('ZSCORE', key('schedule'), source) or 0)
if not token or till > tonumber(ARGV[3]) or string.find(token, ARGV[4], 1, true) == 1 then return 0 end
redis.call('HDEL', key('leases'), source)
for i = 5, #ARGV do
  if redis.call('HGET', key('host', ARGV[i]), 'owner') == token then
    redis.call('HDEL', key('host', ARGV[i]), 'owner', 'until')
  end
end
redis.call('ZADD', key('schedule'), now, source)
return 1
