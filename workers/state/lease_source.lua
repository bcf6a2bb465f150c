-- Lease a due source and lock its hosts, all or none.
-- ARGV: source, token, now, until, look again at (where a host is busy), authorities...
-- Returns {'leased', walked, last request of any of its hosts}, {'locked'}, or {'not due'}.
local source, token, now, till = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local due = redis.call('ZSCORE', key('schedule'), source)
if not due or tonumber(due) > now then return {'not due'} end
local last = 0
for i = 6, #ARGV do
  local lock = redis.call('HMGET', key('host', ARGV[i]), 'owner', 'until', 'last')
  if lock[1] and tonumber(lock[2]) > now then
    redis.call('ZADD', key('schedule'), ARGV[5], source)
    return {'locked'}
  end
  last = math.max(last, tonumber(lock[3] or 0))
end
for i = 6, #ARGV do
  redis.call('HSET', key('host', ARGV[i]), 'owner', token, 'until', till)
  redis.call('EXPIRE', key('host', ARGV[i]), 86400)
end
redis.call('HSET', key('leases'), source, token)
redis.call('ZADD', key('schedule'), till, source)
return {'leased', redis.call('HGET', key('crawl', source), 'walked') or '', tostring(last)}
