-- End a backfill before its time: what it named and nobody has fetched is forgotten, and may be named again.
-- ARGV: source, now
-- Returns 1, or 0 where none was under way.
local source, state = ARGV[1], key('backfill', ARGV[1])
local present = redis.call('HMGET', state, 'id', 'ended')
if not present[1] or present[2] then return 0 end
for _, url_key in ipairs(redis.call('ZRANGE', key('older', source), 0, -1)) do
  local entry = cjson.decode(redis.call('HGET', key('entries', source), url_key))
  if entry.token then
    -- It is being fetched just now: it ends as any other does.
    entry.back = nil
    save(source, url_key, entry)
    redis.call('ZADD', key('frontier', source), redis.call('ZSCORE', key('older', source), url_key), url_key)
  else
    redis.call('HDEL', key('entries', source), url_key)
  end
end
redis.call('DEL', key('older', source), key('older-links', source), key('older-open', source))
redis.call('HSET', state, 'ended', ARGV[2], 'stopped', 1)
redis.call('HDEL', key('crawl', source), 'backfill')
redis.call('SREM', key('backfills'), source)
return 1
