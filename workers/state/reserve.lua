-- Bind an id to the URL that brings it, and give its place: the same answer whenever asked again.
-- ARGV: source, key, token, id (8 raw bytes), id in hex, source's number, day (days since 1970), numbered ('1' or ''),
--   the former place whose files are gone, or ''
-- Returns {'mine', place}, {'known', place}, {'other'}, {'stale'}. A place is 9 raw bytes: source, day, number, dropped.
--   {'former', id in hex, place}: an earlier try may have written there; nothing was changed.
local source, url_key, token, id, hex = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local numbered = ARGV[8] == '1'
local entry = held(source, url_key, token)
if not entry then return {'stale'} end
local former = entry.reserved and redis.call('HGET', key('reserved', entry.reserved), 'place')
if former and former ~= ARGV[9] then
  local was_numbered = string.byte(former, 9) == 0
  if entry.reserved ~= hex or was_numbered ~= numbered then return {'former', entry.reserved, former} end
end
local place = get(open_table('texts'), id)
if place then return {'known', place} end
local bound = redis.call('HMGET', key('reserved', hex), 'by', 'place')
local by = source .. ' ' .. url_key
if bound[1] and bound[1] ~= by then return {'other'} end

if entry.reserved and entry.reserved ~= hex then redis.call('DEL', key('reserved', entry.reserved)) end
if not bound[1] or numbered == (string.byte(bound[2], 9) == 1) then
  local number = 0
  if numbered then
    local counter = key('numbers', source, ARGV[7])
    number = redis.call('INCR', counter) - 1
    redis.call('EXPIRE', counter, 60 * 86400)
  end
  bound[2] = struct.pack('>HHI4B', tonumber(ARGV[6]), tonumber(ARGV[7]), number, numbered and 0 or 1)
  redis.call('HSET', key('reserved', hex), 'by', by, 'place', bound[2])
end
entry.reserved = hex
save(source, url_key, entry)
return {'mine', bound[2]}
