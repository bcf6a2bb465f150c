-- Prelude of every script: names of keys, and tables that stay small by linear hashing.
--
-- A table is cut into buckets, each small enough that the server keeps it packed (an intset, a
-- listpack). It grows by one bucket at a time, splitting one old bucket (Litwin's linear hashing), so
-- a look-up is one call at any size and no insertion pays for a whole rehash.

local PREFIX = 'copydesk:'
-- The state may have become that of another release while this one runs: nothing in it is read any more, or changed.
-- A part that runs on over a server which was emptied notes the version again.
do
  local version = redis.call('GET', PREFIX .. 'version')
  if version and version ~= VERSION then return redis.error_reply('OTHERVERSION ' .. version) end
  if WRITES and not version then redis.call('SET', PREFIX .. 'version', VERSION) end
end
-- Mean entries a bucket. Before its split a bucket holds up to twice that; packing ends at 512.
local LOAD = 128

local function key(...)
  return PREFIX .. table.concat({...}, ':')
end

local function number_of(field)
  return (struct.unpack(#field < 6 and '>I5' or '>I6', field))
end

local function set_buckets(t, buckets)
  t.buckets, t.size = buckets, 1
  while t.size * 2 <= buckets do t.size = t.size * 2 end
end

-- name: the table's name. expires: unix seconds, or nil for a table that is for ever. load: mean entries a bucket.
local function open_table(name, expires, load)
  local meta = redis.call('HMGET', key(name), 'buckets', 'count', 'texts')
  local t = {
    name = name, prefix = key(name, ''), expires = expires,
    load = load or LOAD, count = tonumber(meta[2]) or 0, texts = tonumber(meta[3]) or 0,
  }
  set_buckets(t, tonumber(meta[1]) or 1)
  return t
end

-- The bucket of a number of up to 48 bits.
local function address(t, number)
  local bucket = number % (t.size * 2)
  if bucket >= t.buckets then bucket = number % t.size end
  return bucket
end

local function numbered_key(t, bucket) return t.prefix .. string.format('%d', bucket) end

local function bucket_key(t, number) return numbered_key(t, address(t, number)) end

local function keep(t, name)
  if t.expires then redis.call('EXPIREAT', name, t.expires) end
end

-- Keep a table's size. A script that enters much sets `is_noted_later`, and does this in its end.
local function note(t)
  redis.call('HSET', key(t.name), 'buckets', t.buckets, 'count', t.count)
  keep(t, key(t.name))
end

-- Calls `move(old, new, goes)` for the one bucket that is split; `goes(number)` says which entries leave it.
local function grow(t, added, move)
  t.count = t.count + added
  while t.count > t.load * t.buckets do
    local size, bucket = t.size, t.buckets
    set_buckets(t, bucket + 1)
    local new = numbered_key(t, bucket)
    move(numbered_key(t, bucket - size), new, function(number) return number % (size * 2) == bucket end)
    keep(t, new)
  end
  if not t.is_noted_later then note(t) end
end

local function in_set(t, number)
  return redis.call('SISMEMBER', bucket_key(t, number), string.format('%.0f', number)) == 1
end

local function move_members(old, new, goes)
  for _, member in ipairs(redis.call('SMEMBERS', old)) do
    if goes(tonumber(member)) then redis.call('SMOVE', old, new, member) end
  end
end

local function add_to_set(t, number)
  local bucket = bucket_key(t, number)
  local added = redis.call('SADD', bucket, string.format('%.0f', number))
  if added == 1 then grow(t, 1, move_members) end
end

local function get(t, field)
  return redis.call('HGET', bucket_key(t, number_of(field)), field)
end

local function move_fields(old, new, goes)
  local flat, pairs_moved, fields = redis.call('HGETALL', old), {}, {}
  for i = 1, #flat, 2 do
    if goes(number_of(flat[i])) then
      fields[#fields + 1] = flat[i]
      pairs_moved[#pairs_moved + 1] = flat[i]
      pairs_moved[#pairs_moved + 1] = flat[i + 1]
    end
  end
  if #fields == 0 then return end
  redis.call('HSET', new, unpack(pairs_moved))
  redis.call('HDEL', old, unpack(fields))
end

local function set(command, t, field, value)
  local bucket = bucket_key(t, number_of(field))
  local added = redis.call(command, bucket, field, value)
  -- All others came of a split, and have their time of expiry from there.
  if t.buckets == 1 then keep(t, bucket) end
  if added == 1 then grow(t, 1, move_fields) end
  return added == 1
end

local function put(t, field, value) set('HSET', t, field, value) end

-- Whether the field was not there, and is now.
local function put_new(t, field, value) return set('HSETNX', t, field, value) end

-- What is known of texts and URLs within the window is kept in generations that expire as a whole.
local GENERATION = 10 * 86400
local GENERATIONS_BACK = math.ceil(WINDOW_DAYS / 10)

local function generation(now) return math.floor(now / GENERATION) end

local function window_table(name, g, load)
  return open_table(name .. ':' .. g, (g + 1 + GENERATIONS_BACK) * GENERATION, load)
end

-- The value of a field in the youngest generation that has it.
local function find_in_window(name, now, field)
  for g = generation(now), generation(now) - GENERATIONS_BACK, -1 do
    local value = get(window_table(name, g), field)
    if value then return value end
  end
  return false
end

-- The entry of a URL that is owed, if this token still holds its lease.
local function held(source, url_key, token)
  local raw = redis.call('HGET', key('entries', source), url_key)
  if not raw then return nil end
  local entry = cjson.decode(raw)
  if entry.token ~= token then return nil end
  return entry
end

local function save(source, url_key, entry)
  redis.call('HSET', key('entries', source), url_key, cjson.encode(entry))
end

-- The small number under which the index keeps a source's name.
local function number_of_source(name)
  local number = redis.call('HGET', key('sources'), name)
  if number then return tonumber(number) end
  number = redis.call('HLEN', key('sources'))
  redis.call('HSET', key('sources'), name, number)
  return number
end

-- The extraction of a page came to its end, if it is this run that had it open.
local function close(token, run)
  if token ~= '' and redis.call('HGET', key('page', token), 'run') == run then
    redis.call('HDEL', key('page', token), 'open')
  end
end

-- A source is due at the earliest thing it owes; a crawl in progress looks again when it ends.
local function due_no_later(source, when)
  if redis.call('HEXISTS', key('leases'), source) == 0 then
    redis.call('ZADD', key('schedule'), 'XX', 'LT', when, source)
  end
end

-- Seconds by which a revisit may be late, so that several of a source, or a walk and they, are one crawl.
local function slack(source)
  return tonumber(redis.call('HGET', key('crawl', source), 'slack') or 0)
end

-- Who waits for a host is looked at again within seconds: one whose time is further away does not wait any more.
local WAITS = 60

local function is_waiting(source, now)
  local again = tonumber(redis.call('ZSCORE', key('schedule'), source) or 0)
  return math.abs(again - now) < WAITS and redis.call('HEXISTS', key('leases'), source) == 0
end

-- A crawl that has begun is heard of every few seconds (`renew_source.lua`). Where its time is over, it is watched for so
-- long before its hosts are another's: one that is heard of still goes by another clock for a moment, as when the server's
-- was set, or another server leads, which not everybody has seen yet.
local SILENT = 8

local function is_locked(host, owner, till, now)
  if not owner then return false end
  if tonumber(till) > now then return true end
  if string.find(owner, 'begun-', 1, true) ~= 1 then return false end
  local since = tonumber(redis.call('HGET', key('host', host), 'silent') or nil)
  if not since then redis.call('HSET', key('host', host), 'silent', now) end
  return not since or math.abs(now - since) < SILENT
end

local function lock(host, owner, till)
  redis.call('HSET', key('host', host), 'owner', owner, 'until', till)
  redis.call('HDEL', key('host', host), 'silent')
end

-- A URL waits in the queue of what has to be looked at again, of a backfill, or of what was never seen.
local function queue_of(source, entry)
  return key(entry.head and 'revisits' or entry.back and 'older' or 'frontier', source)
end

-- When a source's backfill wants its next turn; nil where it wants none.
local function backfill_due(source, now)
  local state = redis.call('HMGET', key('backfill', source), 'id', 'ended', 'walked', 'next')
  if not state[1] or state[2] then return nil end
  local first = tonumber(redis.call('ZRANGE', key('older', source), 0, 0, 'WITHSCORES')[2])
  if state[3] then return first and math.max(now, first) end
  local walk = tonumber(state[4]) or 0
  return math.max(now, first and math.min(first, walk) or walk)
end

-- A backfill is over when its walk is, and nothing that it named is open any more.
local function end_backfill(source)
  local state = redis.call('HMGET', key('backfill', source), 'id', 'ended', 'walked')
  if not state[1] or state[2] or not state[3] then return end
  if redis.call('SCARD', key('older-open', source)) > 0 then return end
  redis.call('HSET', key('backfill', source), 'ended', redis.call('TIME')[1])
  redis.call('HDEL', key('crawl', source), 'backfill')
  redis.call('SREM', key('backfills'), source)
end
