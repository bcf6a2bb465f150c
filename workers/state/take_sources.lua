-- Which sources file is followed, where hosts have different ones: that which was changed last.
-- ARGV: host, digest of its file, when that was changed, now, seconds for which an answer holds
-- Returns '' where it is this one, else the host whose file is followed.
local host, digest, changed, now = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local behind = key('sources-behind')
local followed = redis.call('HMGET', key('sources-file'), 'host', 'digest', 'changed')
local since = tonumber(followed[3]) or 0
if followed[2] and followed[2] ~= digest and since >= changed then
  -- Of two processes of a host, one may have read a change that the other has not seen yet.
  if followed[1] ~= host then
    local before = redis.call('HGET', behind, host)
    local first = before and cjson.decode(before).since or now
    redis.call('HSET', behind, host, cjson.encode({since = first, at = now, followed = followed[1]}))
  end
  return followed[1]
end
if followed[2] ~= digest or changed > since then
  redis.call('HSET', key('sources-file'), 'host', host, 'digest', digest, 'changed', ARGV[3])
end
-- A host that is gone has no say any more.
redis.call('EXPIRE', key('sources-file'), ARGV[5])
redis.call('HDEL', behind, host)
return ''
