-- Lease a due source and lock its hosts, all or none.
-- ARGV: source, token, now, until, look again at (where a host is busy), authorities...
-- Returns {'leased', walked, last request of any of its hosts, longest delay of any}, {'locked'}, or {'not due'}.
local source, token, now, till = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
-- Asked again, since the reply was lost on its way, it gives the same answer.
local is_held = redis.call('HGET', key('leases'), source) == token
local due = redis.call('ZSCORE', key('schedule'), source)
if not is_held and (not due or tonumber(due) > now) then return {'not due'} end
local last, delay = 0, 0
for i = 6, #ARGV do
  local lock = redis.call('HMGET', key('host', ARGV[i]), 'owner', 'until', 'last', 'delay', 'not_before')
  if lock[1] == token then lock[1] = false end
  local again = lock[1] and tonumber(lock[2]) > now and tonumber(ARGV[5]) or 0
  again = math.max(again, tonumber(lock[5] or 0))
  if again > now then
    redis.call('ZADD', key('schedule'), again, source)
    return {'locked'}
  end
  -- A worker that was lost may have asked for something after it last said so.
  last = math.max(last, tonumber(lock[3] or 0), lock[1] and tonumber(lock[2]) or 0)
  delay = math.max(delay, tonumber(lock[4] or 0))
end
for i = 6, #ARGV do
  redis.call('HSET', key('host', ARGV[i]), 'owner', token, 'until', till)
  redis.call('EXPIRE', key('host', ARGV[i]), 2 * 86400)
end
redis.call('HSET', key('leases'), source, token)
redis.call('ZADD', key('schedule'), till, source)
-- What a crawl that was cut off had taken is nobody's now.
for _, queue in ipairs({'frontier', 'revisits'}) do
  for _, url_key in ipairs(redis.call('ZRANGE', key(queue, source), '(' .. now, '+inf', 'BYSCORE')) do
    local entry = cjson.decode(redis.call('HGET', key('entries', source), url_key))
    if entry.token then
      entry.token = nil
      save(source, url_key, entry)
      redis.call('ZADD', key(queue, source), now, url_key)
    end
  end
end
return {'leased', redis.call('HGET', key('crawl', source), 'walked') or '', tostring(last), tostring(delay)}
