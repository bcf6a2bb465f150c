-- Bind an id to the URL that brings it, and give its place: the same answer whenever asked again.
-- ARGV: source, key, token, id (8 raw bytes), id in hex, day (days since 1970), numbered ('1' or ''),
--   the former place whose files are gone or '', a place that is spent or '', the last settlement that the
--   caller knows of
-- Returns {'mine', place}, {'known', place}, {'other'}, {'stale'}, {'spent'}. A place is 9 raw bytes: source, day,
--   number, dropped; or 10, where the source's number takes three.
--   {'former', id in hex, place}: an earlier try may have written there; its files go first, and nobody may commit there.
--   {'spent'}: the place that a text without a number would have was let go, and is given to nobody again.
--   {'unsettled'}: numbers and marks may be those of an earlier time, or the caller's; nothing was changed.

local source, url_key, token, id, hex = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local day, numbered, removed = ARGV[6], ARGV[7] == '1', ARGV[8]
local entry = held(source, url_key, token)
if not entry then return {'stale'} end
if not is_settled(ARGV[10]) then return {'unsettled'} end
local bound = entry.reserved and redis.call('HMGET', key('reserved', entry.reserved), 'place', 'left') or {}
local former = bound[1]
if former then
  local was_numbered = string.byte(former, -1) == 0
  local goes = bound[2] or entry.reserved ~= hex or was_numbered ~= numbered or former == ARGV[9]
  if goes and former ~= removed then
    redis.call('HSET', key('reserved', entry.reserved), 'left', '1')
    leave(entry.reserved, former)
    return {'former', entry.reserved, former}
  end
  if goes then redis.call('DEL', key('reserved', entry.reserved)) end
end
local place = get(open_table('texts'), id)
if place then return {'known', place} end
local by = source .. ' ' .. url_key
local mine = redis.call('HMGET', key('reserved', hex), 'by', 'place')
if mine[1] and mine[1] ~= by then return {'other'} end

if not mine[1] then
  local number = 0
  local counter = key('numbers', source, day)
  if numbered then number = tonumber(redis.call('GET', counter)) or 0 end
  local source_number = number_of_source(source)
  local layout = source_number < 65536 and '>HHI4B' or '>I3HI4B'
  place = struct.pack(layout, source_number, tonumber(day), number, numbered and 0 or 1)
  -- Only a place without a number would come back.
  if is_left(hex, place) then return {'spent'} end
  if numbered then redis.call('SET', counter, number + 1, 'EX', 60 * 86400) end
  redis.call('HSET', key('reserved', hex), 'by', by, 'place', place)
  mine[2] = place
end
entry.reserved = hex
save(source, url_key, entry)
return {'mine', mine[2]}
