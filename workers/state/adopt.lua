-- Enter texts as their files have them: one that is not known is committed, one that is known is made whole again.
-- ARGV[1]: msgpack {
--   now, hours_from = outcomes of earlier hours are not counted by the hour,
--   tail = nil or the id of the outbox's last entry ('' where it is empty): another one there, and nothing is changed,
--   texts = list of {id, hex, place, source, key, url, number, field, at = when it was fetched, hour, outcome,
--     bands, entry = nil or flat, revisits = nil or times, record = nil or JSON,
--     again = publish it though it is known, was = nil or the place of files that are gone,
--     over = nil or the id at its URL that it came after, under = nil or the id at its URL that it came before}}
-- Returns {tail}, and for each text one of {'committed'}, {'known'}; and, with nothing changed for it: {'owed'}, its
--   page is on its way; {'left'}, its place was let go, and its files are to go; {'elsewhere', place}, known at another place;
--   {'head', id}, the text that is at its URL, with which its time must be compared.
--   {'moved'} alone where the outbox has another tail.
local plan = cmsgpack.unpack(ARGV[1])
local now = plan.now
local tables = {}

-- A table of this script, whose size is noted once, in the end.
local function table_of(name, g)
  local id = g and name .. g or name
  if not tables[id] then
    tables[id] = name == 'near' and near_table(g) or g and window_table(name, g) or open_table(name)
    tables[id].is_noted_later = true
  end
  return tables[id]
end

local texts, known_urls = table_of('texts'), table_of('known')

local function last_entry()
  local rows = redis.call('XREVRANGE', key('documents'), '+', '-', 'COUNT', 1)
  return rows[1] and rows[1][1] or ''
end

-- The text that is at a URL.
local function head_at(field)
  for g = generation(now), generation(now) - GENERATIONS_BACK, -1 do
    local id = get(table_of('heads', g), field)
    if id then return id end
  end
  return false
end

local function enter(text, takes_head)
  local g = generation(text.at)
  add_to_set(known_urls, text.number)
  if takes_head then put(table_of('heads', g), text.field, text.id) end
  -- A page that waited may have been committed a generation after it was fetched.
  if not stands(table_of('near', g + 1), text.id, text.bands) then
    enter_bands(table_of('near', g), text.id, text.bands)
  end
end

local function end_owed(text, entry, head)
  if entry and entry.head and not entry.token then
    entry.head = head or entry.head
    save(text.source, text.key, entry)
    return
  end
  if entry then end_visit(text.source, text.key, entry) end
  if entry or text.revisits then
    local times = entry and entry.revisits or text.revisits or {}
    look_again(text.source, text.key, text.url, head or (entry and entry.head), times, now)
  end
end

local function commit(text, entry, head)
  put(texts, text.id, text.place)
  if text.hour >= plan.hours_from then
    count_outcome(text.source, text.outcome, '', text.hour)
  else
    redis.call('HINCRBY', key('totals', text.source), text.outcome, 1)
  end
  end_owed(text, entry, head)
  if text.record then
    local id = string.format('%.0f-*', text.at * 1000)
    local added = redis.pcall('XADD', key('duplicates'), id, 'record', text.record)
    if type(added) == 'table' and added.err then
      redis.call('XADD', key('duplicates'), '*', 'record', text.record)
    end
  end
end

local function adopt(text)
  local place = get(texts, text.id)
  local is_known = place == text.place or (place and place == text.was)
  if place and not is_known then return {'elsewhere', place} end
  local raw = redis.call('HGET', key('entries', text.source), text.key)
  local entry = raw and cjson.decode(raw)
  if not is_known then
    if redis.call('EXISTS', key('reserved', text.hex)) == 1 then return {'owed'} end
    if entry and entry.reserved and redis.call('EXISTS', key('reserved', entry.reserved)) == 1 then return {'owed'} end
  end
  if place ~= text.place and is_left(text.hex, text.place) then return {'left'} end

  local in_window = generation(text.at) >= generation(now) - GENERATIONS_BACK
  local head = in_window and head_at(text.field)
  local takes_head = in_window and not head
  if head and head ~= text.id and not is_known then
    takes_head = text.over == head
    if not takes_head and text.under ~= head then return {'head', head} end
  end

  if in_window then enter(text, takes_head) else add_to_set(known_urls, text.number) end
  if not is_known then
    local is_head = takes_head or head == text.id or (not in_window and not entry)
    commit(text, entry, is_head and text.hex or nil)
  elseif place ~= text.place then
    put(texts, text.id, text.place)
  end
  if text.entry and (text.again or not is_known) then
    redis.call('XADD', key('documents'), '*', unpack(text.entry))
  end
  return {is_known and 'known' or 'committed'}
end

if plan.tail and plan.tail ~= last_entry() then return {'moved'} end
local replies = {''}
for _, text in ipairs(plan.texts) do table.insert(replies, adopt(text)) end
for _, t in pairs(tables) do
  if t.count > 0 then note(t) end
end
replies[1] = last_entry()
return replies
