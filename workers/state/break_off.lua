-- A run broke off: the page that it had open is to blame, and no other of its batch.
-- ARGV: run, now, when the page to blame is due again, why, tokens...
-- Returns {token and URL of the page to blame, or '' and ''; then the tokens that may be sent again at once}.
local run, now, told = ARGV[1], tonumber(ARGV[2]), {'', ''}
for i = 5, #ARGV do
  local token = ARGV[i]
  local name = key('page', token)
  local page = redis.call('HMGET', name, 'source', 'key', 'run', 'open', 'busy')
  if page[1] and page[3] == run then
    redis.call('HDEL', name, 'busy', 'open')
    if page[4] then
      redis.call('HINCRBY', name, 'failed', 1)
      redis.call('HSET', name, 'cause', ARGV[4])
      redis.call('ZADD', key('waiting'), ARGV[3], token)
      local entry = held(page[1], page[2], token)
      told[1], told[2] = token, entry and entry.url or ''
    else
      table.insert(told, token)
    end
  elseif page[1] and (tonumber(page[5]) or 0) <= now then
    table.insert(told, token)
  end
end
return told
