-- Begin the extraction of a page that waits. Before it, this run may have come to the end of another one's.
-- What is counted is an extraction that never came to its end: a page that kills its worker is found out,
-- and a page that only was of its batch is not blamed.
-- ARGV: token, now, busy until, alone ('1' or ''), run, token of the page whose extraction this run has ended or '',
--   a name for this one question
-- Returns 'ended', 'busy', 'alone' (it has been begun before and must travel by itself), or
--   {source, key, head, body, failures so far, entry as JSON, times it was begun before, why it failed last or ''}.
local token, now, run = ARGV[1], tonumber(ARGV[2]), ARGV[5]
close(ARGV[6], run)
local page = redis.call('HMGET', key('page', token),
  'source', 'key', 'busy', 'begun', 'head', 'body', 'open', 'failed', 'cause', 'asked')
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
local begun, failed, cause = tonumber(page[4]) or 0, tonumber(page[8]) or 0, page[9] or ''
if page[7] and page[10] == ARGV[7] then
  -- Asked again, since the reply was lost on its way: nothing is counted twice.
  return {source, url_key, page[5], page[6], entry.attempts + failed, cjson.encode(entry), begun - 1, cause}
end
if page[3] and tonumber(page[3]) > now then return 'busy' end
if begun > 0 and ARGV[4] ~= '1' then
  redis.call('ZADD', key('waiting'), now, token)
  return 'alone'
end
if page[7] then
  -- Nobody saw how it ended: what was seen of an earlier end says more.
  failed = failed + 1
  if cause == '' then cause = 'extraction-died' end
end
redis.call('HSET', key('page', token), 'busy', ARGV[3], 'begun', begun + 1,
  'failed', failed, 'cause', cause, 'run', run, 'open', '1', 'asked', ARGV[7])
redis.call('ZADD', key('waiting'), ARGV[3], token)
return {source, url_key, page[5], page[6], entry.attempts + failed, cjson.encode(entry), begun, cause}
