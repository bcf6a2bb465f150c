-- Have a page from the archive wait for ingest, as if it had just been fetched; what its URL had planned is kept.
-- ARGV: source, key, token, url, now, send again at, the URL's numbers as a msgpack list of 6 raw bytes,
--   the ids that the caller found there as a msgpack list ('' or 8 raw bytes), msgpack {head, beside} of ids in hex or '',
--   msgpack of the page's header fields, body
-- Returns the token under which it waits: this one, or that of an earlier call that came to no end.
--   'owed': the URL is on its way anyway; 'moved': the ids at the URL are others; nothing was changed.
local source, url_key, token, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[5])
local raw = redis.call('HGET', key('entries', source), url_key)
local entry = raw and cjson.decode(raw) or {url = ARGV[4], attempts = 0}
if entry.token then return entry.again and entry.token or 'owed' end
if raw and not redis.call('ZSCORE', key('revisits', source), url_key) then return 'owed' end

local found = cmsgpack.unpack(ARGV[8])
for i, field in ipairs(cmsgpack.unpack(ARGV[7])) do
  if (find_in_window('heads', now, field) or '') ~= found[i] then return 'moved' end
end

local due = redis.call('ZSCORE', key('revisits', source), url_key)
if due then
  local revisits = entry.revisits or {}
  table.insert(revisits, 1, tonumber(due))
  entry.revisits = revisits
  redis.call('ZREM', key('revisits', source), url_key)
end
local again = cmsgpack.unpack(ARGV[9])
entry.again = {head = again.head ~= '' and again.head or cjson.null, beside = again.beside ~= '' and again.beside or cjson.null}
entry.token = token
save(source, url_key, entry)
redis.call('HSET', key('page', token), 'source', source, 'key', url_key, 'head', ARGV[10], 'body', ARGV[11])
redis.call('ZADD', key('waiting'), ARGV[6], token)
return token
