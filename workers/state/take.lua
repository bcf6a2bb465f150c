-- Lease due URLs of a source, newest first; revisits come after what was never seen.
-- ARGV: source, crawl token, now, lease until, waiting_max, with revisits ('1' or ''), fresh tokens...
-- Returns a flat list token, key, url, attempts, validator or '', ...; the string 'busy' where too much waits; 'stale'.
local source, token, now, till = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if redis.call('HGET', key('leases'), source) ~= token then return 'stale' end
if redis.call('ZCARD', key('waiting')) >= tonumber(ARGV[5]) then return 'busy' end

local taken, used = {}, 6
local function lease_from(queue)
  local due = redis.call('ZRANGE', queue, now, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, #ARGV - used)
  for _, url_key in ipairs(due) do
    used = used + 1
    local entry = cjson.decode(redis.call('HGET', key('entries', source), url_key))
    entry.token = ARGV[used]
    save(source, url_key, entry)
    redis.call('ZADD', queue, till, url_key)
    local row = {ARGV[used], url_key, entry.url, entry.attempts, entry.validator or ''}
    for _, value in ipairs(row) do table.insert(taken, value) end
  end
end
lease_from(key('frontier', source))
if ARGV[6] == '1' and used < #ARGV then lease_from(key('revisits', source)) end
return taken
