-- Take pages out of quarantine: their sources owe them again, as if nothing had been tried.
-- They stay known, or a listing would offer them a second time; what is owed is fetched all the same.
-- ARGV: now, ids...
-- Returns 1 for each, or 0 where nothing of that id is in quarantine.
local now, flags = ARGV[1], {}
for i = 2, #ARGV do
  local raw = redis.call('HGET', key('quarantine'), ARGV[i])
  flags[i - 1] = raw and 1 or 0
  if raw then
    redis.call('HDEL', key('quarantine'), ARGV[i])
    local page = cjson.decode(raw)
    local left = redis.call('HGET', key('entries', page.source), page.key)
    local entry = left and cjson.decode(left) or {url = page.url}
    -- One that has a token is on its way already.
    if not entry.token then
      entry.attempts = 0
      save(page.source, page.key, entry)
      redis.call('ZADD', key(entry.head and 'revisits' or 'frontier', page.source), now, page.key)
      due_no_later(page.source, now)
    end
  end
end
return flags
