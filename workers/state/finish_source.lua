-- End a crawl: free its hosts (their last request's time stays), note how it went, set when the source is next due,
-- and have it looked at for alarms.
-- ARGV: source, token, walk due at, not before, last request, delay, the hosts' own not before,
--   the source's rhythm or '', number of authorities, authorities..., then fields and values of what is to be noted
-- Returns the time at which the source is due, or '' where the lease is stale.
local source, token = ARGV[1], ARGV[2]
if redis.call('HGET', key('leases'), source) ~= token then return '' end
redis.call('HDEL', key('leases'), source)
local count = tonumber(ARGV[9])
for i = 10, 9 + count do
  local host = key('host', ARGV[i])
  if redis.call('HGET', host, 'owner') == token then
    redis.call('HDEL', host, 'owner', 'until')
    redis.call('HSET', host, 'last', ARGV[5], 'delay', ARGV[6], 'not_before', ARGV[7])
  end
end
redis.call('HSET', key('crawl', source), unpack(ARGV, 10 + count))
if ARGV[8] ~= '' then redis.call('HSET', key('rhythms'), source, ARGV[8]) end
local ended = redis.call('HGET', key('crawl', source), 'ended')
if ended then redis.call('ZADD', key('looks'), 'NX', ended, source) end
local due = tonumber(ARGV[3])
for queue, later in pairs({frontier = 0, revisits = slack(source)}) do
  local first = redis.call('ZRANGE', key(queue, source), 0, 0, 'WITHSCORES')
  if first[2] then due = math.min(due, tonumber(first[2]) + later) end
end
local back = backfill_due(source, tonumber(redis.call('HGET', key('crawl', source), 'ended')) or 0)
if back then due = math.min(due, back) end
due = math.max(due, tonumber(ARGV[4]))
redis.call('ZADD', key('schedule'), 'XX', due, source)
redis.call('HSET', key('crawl', source), 'next', due)
return tostring(due)
