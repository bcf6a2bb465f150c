-- Lease URLs that a backfill has named, newest first; or say what it needs. Whoever else wants the host goes first.
-- ARGV: source, crawl token, now, lease until, most pages that may wait for ingest, most of its own among them,
--   number of authorities, authorities..., fresh tokens...
-- Returns 'stale'; 'busy' where too much waits; 'way' where it is another's turn; 'none' where there is nothing to do;
--   {'taken', token, key, url, attempts, ...}; or, with nothing left to visit, {'walk', links that come next (packed) or
--   '', field, value, ...} with what is kept of the backfill.
local source, token, now, till = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local state = key('backfill', source)
if redis.call('HGET', key('leases'), source) ~= token then return 'stale' end
local last, ended, walked = unpack(redis.call('HMGET', state, 'last', 'ended', 'walked'))
if redis.call('HEXISTS', state, 'id') == 0 or ended then return 'none' end

if (tonumber(redis.call('HGET', key('crawl', source), 'walk_due')) or 0) <= now then return 'way' end
local first_token = 8 + tonumber(ARGV[7])
for i = 8, first_token - 1 do
  for _, other in ipairs(redis.call('ZRANGE', key('queue', ARGV[i]), 0, -1)) do
    if other ~= source and is_waiting(other, now) then return 'way' end
  end
end
if redis.call('ZCARD', key('waiting')) >= tonumber(ARGV[5]) then return 'busy' end
local fetched = redis.call('SCARD', key('older-open', source)) - redis.call('ZCARD', key('older', source))
if fetched >= tonumber(ARGV[6]) then return 'busy' end

-- How long it has been at work: what is left of it is estimated from that.
if last then redis.call('HINCRBYFLOAT', state, 'active', math.min(math.max(now - last, 0), 60)) end
redis.call('HSET', state, 'last', now)

local reply = {'taken'}
local due = redis.call(
  'ZRANGE', key('older', source), now, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, #ARGV - first_token + 1)
for i, url_key in ipairs(due) do
  local fresh = ARGV[first_token + i - 1]
  local entry = cjson.decode(redis.call('HGET', key('entries', source), url_key))
  entry.token = fresh
  save(source, url_key, entry)
  redis.call('ZADD', key('older', source), till, url_key)
  for _, value in ipairs({fresh, url_key, entry.url, entry.attempts}) do table.insert(reply, value) end
end
if #due > 0 then return reply end

if walked or (tonumber(redis.call('HGET', state, 'next')) or 0) > now then return 'none' end
local turned = redis.call('HGET', state, 'turned')
reply = {'walk', redis.call('LINDEX', key('older-links', source), turned and -1 or 0) or ''}
for _, part in ipairs(redis.call('HGETALL', state)) do table.insert(reply, part) end
return reply
