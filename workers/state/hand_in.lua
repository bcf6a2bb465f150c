-- Store a fetched page under its own key and move its URL from the frontier to what waits.
-- ARGV: source, key, token, send again at, msgpack of the page's header fields, body
-- Returns 1, or 0 where the visit is stale.
local source, url_key, token = ARGV[1], ARGV[2], ARGV[3]
local entry = held(source, url_key, token)
if not entry then return 0 end
redis.call('ZREM', key('frontier', source), url_key)
redis.call('ZREM', key('revisits', source), url_key)
redis.call('ZREM', key('older', source), url_key)
redis.call('HSET', key('page', token), 'source', source, 'key', url_key, 'head', ARGV[5], 'body', ARGV[6])
redis.call('ZADD', key('waiting'), ARGV[4], token)
return 1
