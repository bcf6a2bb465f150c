-- The one end of a page, for all eight outcomes: count, mark, publish, and let go, or change nothing.
-- ARGV[1]: msgpack {
--   source, key, token, now, hour, outcome, reason,
--   numbers = 48-bit numbers of the URLs that are known from now on,
--   text = nil or {id, hex, place, bands, verified = {id = true}, fields = 6 raw bytes of each URL},
--   entry = nil or the stream's fields and values, flat,
--   record = nil or JSON for the log of duplicates,
--   quarantine = nil or {id, json},
--   revisits = nil or times (unix seconds, ascending) at which the URL is looked at again }
-- Returns {'done'}, {'stale'}, {'candidates', id, ...} (ids that were not verified: nothing was changed).
local plan = cmsgpack.unpack(ARGV[1])
local source, url_key, now, text = plan.source, plan.key, plan.now, plan.text
local entry = held(source, url_key, plan.token)
if not entry then return {'stale'} end

if text and text.bands then
  local unverified = {'candidates'}
  for id in pairs(candidates(now, text.bands)) do
    if not text.verified[id] then table.insert(unverified, id) end
  end
  if #unverified > 1 then return unverified end
end

redis.call('HINCRBY', key('totals', source), plan.outcome, 1)
redis.call('HINCRBY', key('outcomes', plan.hour), source .. ' ' .. plan.outcome, 1)
redis.call('EXPIRE', key('outcomes', plan.hour), 40 * 86400)
if plan.reason ~= '' then
  redis.call('HINCRBY', key('reasons', source), plan.outcome .. ' ' .. plan.reason, 1)
end

local known = open_table('known')
for _, number in ipairs(plan.numbers) do add_to_set(known, number) end

redis.call('DEL', key('page', plan.token))
redis.call('ZREM', key('waiting'), plan.token)
redis.call('ZREM', key('frontier', source), url_key)
redis.call('ZREM', key('revisits', source), url_key)
if entry.reserved then redis.call('DEL', key('reserved', entry.reserved)) end

local revisits = plan.revisits or entry.revisits or {}
while revisits[1] and revisits[1] <= now do table.remove(revisits, 1) end
local head = text and text.head or entry.head
if head and revisits[1] and plan.outcome ~= 'gone' then
  local due = table.remove(revisits, 1)
  if #revisits == 0 then revisits = nil end
  save(source, url_key, {url = entry.url, attempts = 0, head = head, revisits = revisits})
  redis.call('ZADD', key('revisits', source), due, url_key)
  due_no_later(source, due)
else
  redis.call('HDEL', key('entries', source), url_key)
end

if text then
  if text.place then put(open_table('texts'), text.id, text.place) end
  if text.head then
    local heads = window_table('heads', generation(now))
    for _, field in ipairs(text.fields) do put(heads, field, text.id) end
  end
  if text.bands then
    local t = window_table('bands', generation(now))
    for _, band in ipairs(text.bands) do
      local ids = get(t, band) or ''
      -- 64 bytes a value is where a packed hash ends; the first ones to carry a text are the ones wanted.
      if #ids <= 48 and not string.find(ids, text.id, 1, true) then put(t, band, ids .. text.id) end
    end
  end
end
if plan.entry then redis.call('XADD', key('documents'), '*', unpack(plan.entry)) end
if plan.record then redis.call('XADD', key('duplicates'), '*', 'record', plan.record) end
if plan.quarantine then redis.call('HSET', key('quarantine'), plan.quarantine[1], plan.quarantine[2]) end
return {'done'}
