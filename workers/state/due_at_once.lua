-- Have all that is leased in a queue of a source due again; what waits for its retry has no token, and is left.
-- ARGV: queue, source
local queue, source = key(ARGV[1], ARGV[2]), ARGV[2]
for _, url_key in ipairs(redis.call('ZRANGE', queue, 0, -1)) do
  local entry = cjson.decode(redis.call('HGET', key('entries', source), url_key))
  if entry.token then
    entry.token = nil
    save(source, url_key, entry)
    redis.call('ZADD', queue, 1, url_key)
  end
end
return 1
