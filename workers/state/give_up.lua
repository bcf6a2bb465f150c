-- End a lease without an outcome: the URL stays owed.
-- ARGV: source, key, token, due again at, failures to add (0 or 1)
-- Returns the failures counted so far, or -1 where the visit is stale.
local source, url_key, token, due = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local entry = held(source, url_key, token)
if not entry then return -1 end
entry.token = nil
entry.attempts = entry.attempts + tonumber(ARGV[5])
save(source, url_key, entry)
redis.call('ZADD', queue_of(source, entry), due, url_key)
due_no_later(source, due)
return entry.attempts
