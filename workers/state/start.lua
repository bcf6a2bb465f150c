-- Begin the extraction of a page that waits: counted, so that a page that kills its worker is found out.
-- ARGV: token, now, busy until, alone ('1' or '')
-- Returns 'ended', 'busy', 'alone' (it has failed before and must travel by itself), or
--   {source, key, head, body, attempts so far with the starts before this one, entry as JSON}.
local token, now = ARGV[1], tonumber(ARGV[2])
local page = redis.call('HMGET', key('page', token), 'source', 'key', 'busy', 'starts', 'head', 'body')
local source, url_key = page[1], page[2]
if not source then
  redis.call('ZREM', key('waiting'), token)
  return 'ended'
end
local entry = held(source, url_key, token)
if not entry then
  redis.call('DEL', key('page', token))
  redis.call('ZREM', key('waiting'), token)
  return 'ended'
end
if page[3] and tonumber(page[3]) > now then return 'busy' end
local starts = tonumber(page[4]) or 0
if starts > 0 and ARGV[4] ~= '1' then
  redis.call('ZADD', key('waiting'), now, token)
  return 'alone'
end
redis.call('HSET', key('page', token), 'busy', ARGV[3], 'starts', starts + 1)
redis.call('ZADD', key('waiting'), ARGV[3], token)
return {source, url_key, page[5], page[6], entry.attempts + starts, cjson.encode(entry)}
