-- The one end of a page, for all eight outcomes: count, mark, publish, and let go, or change nothing.
-- ARGV[1]: msgpack {
--   source, key, token, now, hour, outcome, reason,
--   numbers = 48-bit numbers of the URLs that are known from now on,
--   text = nil or {id, hex, place, bands, seen = what the look-up saw or nil,
--     verified = {id = true}, head, fields = 6 raw bytes of each URL},
--   entry = nil or the stream's fields and values, flat,
--   record = nil or JSON for the log of duplicates,
--   quarantine = nil or {id, json},
--   revisits = nil or times (unix seconds, ascending) at which the URL is looked at again,
--   removed = nil or the former place whose files are gone,
--   blocks = nil or list of {key, text, whether it is long}: what may recur on the source's pages,
--   validator = nil or what the page as it stands may be asked by the next time,
--   age = nil, or for a page that a backfill has named: whether it is of the time asked for, published = when it was,
--   counts = counters of the metrics with what is added to each, flat,
--   archived = nil or {original, size, is_revisit ('1' or '')}: the record that holds the page, and what it takes }
-- Returns {'done'}, or, with nothing changed of what is known: {'stale'}; {'candidates', id, ...}, ids that were
--   not verified; {'unreserved'}, the place is no longer this page's; {'former', id in hex, place}, an earlier try
--   may have written there, and its files go first.
local plan = cmsgpack.unpack(ARGV[1])
local source, url_key, now, text = plan.source, plan.key, plan.now, plan.text
local entry = held(source, url_key, plan.token)
if not entry then return {'stale'} end

local bound = entry.reserved and redis.call('HMGET', key('reserved', entry.reserved), 'place', 'left') or {}
if text and text.place then
  if entry.reserved ~= text.hex or bound[1] ~= text.place or bound[2] then return {'unreserved'} end
elseif bound[1] and bound[1] ~= plan.removed then
  redis.call('HSET', key('reserved', entry.reserved), 'left', '1')
  leave(entry.reserved, bound[1])
  return {'former', entry.reserved, bound[1]}
end

if text and text.bands then
  local unverified = {'candidates'}
  for id in pairs(candidates(now, text.bands, still_seen(text.seen))) do
    if not text.verified[id] then table.insert(unverified, id) end
  end
  if #unverified > 1 then return unverified end
end

count_outcome(source, plan.outcome, plan.reason, plan.hour)
redis.call('SET', key('committed'), now)
if plan.archived then count_archived(plan.archived, plan.hour) end
count_for_metrics(plan.counts)

local known = open_table('known')
for _, number in ipairs(plan.numbers) do add_to_set(known, number) end

end_visit(source, url_key, entry)
if entry.back then count_older(source, entry.back, plan.outcome, plan.age, plan.published) end
local head = text and text.head or entry.head
if plan.outcome == 'gone' then head = nil end
local original = plan.archived and plan.archived.original or entry.archived
-- A page from the archive says nothing of what the site would answer.
local validator = plan.validator or entry.again and entry.validator or nil
look_again(source, url_key, entry.url, head, plan.revisits or entry.revisits or {}, now, original, validator)

if text then
  if text.place then put(open_table('texts'), text.id, text.place) end
  if text.head then
    local heads = window_table('heads', generation(now))
    for _, field in ipairs(text.fields) do put(heads, field, text.id) end
  end
  if text.bands then enter_bands(near_table(generation(now)), text.id, text.bands) end
end
if plan.blocks then count_blocks(source, plan.blocks, now) end
if plan.entry then redis.call('XADD', key('documents'), '*', unpack(plan.entry)) end
if plan.record then redis.call('XADD', key('duplicates'), '*', 'record', plan.record) end
if plan.quarantine then redis.call('HSET', key('quarantine'), plan.quarantine[1], plan.quarantine[2]) end
-- For whoever follows (`workers.state.endings`). A user of the server who may not publish does no harm.
redis.pcall('PUBLISH', key('ended'), cmsgpack.pack(
  {now, source, plan.outcome, plan.reason, entry.url, text and text.hex or '', plan.record or ''}))
return {'done'}
