-- Take back a lease that no crawl has begun: its source is due, its hosts are free.
-- ARGV: source, now, the time by which a lease that was begun runs out, the time by which one that was sent long ago
--   does, authorities...
-- Returns 1, or 0 where it has been begun, was sent off just now, or is none.
local source, now = ARGV[1], ARGV[2]
local token = redis.call('HGET', key('leases'), source)
local till = tonumber(redis.call('ZSCORE', key('schedule'), source) or 0)
if not token or till <= tonumber(ARGV[3]) or till > tonumber(ARGV[4]) then return 0 end
redis.call('HDEL', key('leases'), source)
for i = 5, #ARGV do
  if redis.call('HGET', key('host', ARGV[i]), 'owner') == token then
    redis.call('HDEL', key('host', ARGV[i]), 'owner', 'until')
  end
end
redis.call('ZADD', key('schedule'), now, source)
return 1
