-- Prelude of the scripts that find or enter texts that are alike, after `buckets.lua`.
--
-- Within its generation a text has a number, from 0. Under a band stand the numbers of the texts that have it, and
-- their ids stand in strings, in the order of the numbers: a text has 21 bands, and a number takes half of an id.

local IDS_A_STRING = 128
-- A page asks for 21 bands in each generation: fewer entries a bucket, since each is looked through.
local BANDS_A_BUCKET = 64
-- The first ones to carry a text are the ones wanted.
local MOST_A_BAND = 7
-- A packed hash ends at values that are longer.
local LONGEST_PACKED = 64

local function near_table(g) return window_table('near', g, BANDS_A_BUCKET) end

local function ids_key(t, number)
  return t.prefix .. 'ids:' .. string.format('%d', math.floor(number / IDS_A_STRING))
end

local function id_of(t, number)
  local at = number % IDS_A_STRING * 8
  return redis.call('GETRANGE', ids_key(t, number), at, at + 7)
end

local function next_number(t, id)
  t.texts = redis.call('HINCRBY', key(t.name), 'texts', 1)
  local number = t.texts - 1
  local ids, at = ids_key(t, number), number % IDS_A_STRING * 8
  if at == 0 then
    -- In its whole length at once: a string that grows takes room ahead.
    redis.call('SETRANGE', ids, IDS_A_STRING * 8 - 1, '\0')
    keep(t, ids)
  end
  redis.call('SETRANGE', ids, at, id)
  return string.format('%d', number)
end

local function has_room(numbers, number)
  local _, commas = string.gsub(numbers, ',', ',')
  return commas + 2 <= MOST_A_BAND and #numbers + 1 + #number <= LONGEST_PACKED
end

-- Whether a text stands under its bands: true, false, or nil where all of them are full and it may have found no room.
-- A band that is not full tells: numbers are never taken away, so that there was room in it before.
local function stands(t, id, bands)
  if t.texts == 0 then return false end
  for _, band in ipairs(bands) do
    local numbers = get(t, band)
    if not numbers then return false end
    for number in string.gmatch(numbers, '%d+') do
      if id_of(t, tonumber(number)) == id then return true end
    end
    if has_room(numbers, string.format('%d', t.texts)) then return false end
  end
  return nil
end

-- Enter a text under its bands in one generation's table, unless it is there.
local function enter_bands(t, id, bands)
  if #bands == 0 or stands(t, id, bands) ~= false then return end
  local is_noted_later = t.is_noted_later
  t.is_noted_later = true
  local number = next_number(t, id)
  for _, band in ipairs(bands) do
    if not put_new(t, band, number) then
      local numbers = get(t, band)
      if has_room(numbers, number) then put(t, band, numbers .. ',' .. number) end
    end
  end
  t.is_noted_later = is_noted_later
  if not is_noted_later then note(t) end
end

-- How many texts each generation of the window has: what a look-up has seen. A settlement makes it worthless.
local function seen_now(now)
  local seen = {epoch = redis.call('HGET', key('settled'), 'epoch')}
  for g = generation(now), generation(now) - GENERATIONS_BACK, -1 do
    seen[tostring(g)] = tonumber(redis.call('HGET', key('near', g), 'texts') or 0)
  end
  return cmsgpack.pack(seen)
end

local function still_seen(packed)
  local seen = packed and cmsgpack.unpack(packed) or {}
  return seen.epoch == redis.call('HGET', key('settled'), 'epoch') and seen or {}
end

-- Numbers of a generation's texts, from `first` on, that share a band: with the number of bands they share.
local function numbers_met(t, bands, hashes, first)
  local met = {}
  for i, band in ipairs(bands) do
    local numbers = redis.call('HGET', bucket_key(t, hashes[i]), band)
    if numbers then
      for number in string.gmatch(numbers, '%d+') do
        number = tonumber(number)
        if number >= first then met[number] = (met[number] or 0) + 1 end
      end
    end
  end
  return met
end

-- Ids (8 raw bytes each) of the texts of the window that share a band, with the number of bands they share.
-- seen: those that a look-up has seen are left out.
local function candidates(now, bands, seen)
  local shared, hashes = {}, {}
  for i, band in ipairs(bands) do hashes[i] = number_of(band) end
  for g = generation(now), generation(now) - GENERATIONS_BACK, -1 do
    local t, first = near_table(g), seen and seen[tostring(g)] or 0
    if t.texts > first then
      for number, times in pairs(numbers_met(t, bands, hashes, first)) do
        local id = id_of(t, number)
        shared[id] = (shared[id] or 0) + times
      end
    end
  end
  return shared
end

-- What is known of a text, at its URLs (6 raw bytes each) and of those that share a band with it: see `look_up.lua`.
local function look_up(now, id, fields, bands)
  local texts, heads, found = open_table('texts'), {}, {}
  for i, field in ipairs(fields) do heads[i] = find_in_window('heads', now, field) or '' end
  for candidate, shared in pairs(candidates(now, bands)) do
    local place = get(texts, candidate)
    if place then
      for _, value in ipairs({candidate, place, shared}) do table.insert(found, value) end
    end
  end
  return {get(texts, id) or '', heads, found, #bands > 0 and seen_now(now) or ''}
end
