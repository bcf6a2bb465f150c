-- What is known of a text: reads only.
-- ARGV: now, id (8 raw bytes), the URL's numbers as a msgpack list of 6 raw bytes, bands as a msgpack list of 5 raw bytes,
--   the last settlement that the caller knows of
-- Returns {place of the id or '', ids at the URLs ('' or 8 raw bytes) as a list, {candidate id, place, bands shared, ...},
--   what was seen of the bands, for the commit}, or {'unsettled'}.
if redis.call('HGET', key('settled'), 'epoch') ~= ARGV[5] then return {'unsettled'} end
local now = tonumber(ARGV[1])
local texts = open_table('texts')
local heads = {}
for i, field in ipairs(cmsgpack.unpack(ARGV[3])) do heads[i] = find_in_window('heads', now, field) or '' end
local found = {}
local bands = cmsgpack.unpack(ARGV[4])
for id, shared in pairs(candidates(now, bands)) do
  local place = get(texts, id)
  if place then
    for _, value in ipairs({id, place, shared}) do table.insert(found, value) end
  end
end
return {get(texts, ARGV[2]) or '', heads, found, #bands > 0 and seen_now(now) or ''}
