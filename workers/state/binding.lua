-- Prelude of the scripts that give a text its place, after `marks.lua`.

-- See `reserve.lua`, which says what it is given and what it returns.
local function bind(source, url_key, token, id, hex, day, numbered, removed, spent)
  local entry = held(source, url_key, token)
  if not entry then return {'stale'} end
  local bound = entry.reserved and redis.call('HMGET', key('reserved', entry.reserved), 'place', 'left') or {}
  local former = bound[1]
  if former then
    local was_numbered = string.byte(former, -1) == 0
    local goes = bound[2] or entry.reserved ~= hex or was_numbered ~= numbered or former == spent
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
end
