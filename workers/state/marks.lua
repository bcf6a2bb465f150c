-- Prelude of the scripts that enter texts, after `buckets.lua`: what is counted, entered, and looked at again.

-- A place that was let go is never given again, and nothing is committed there: whoever was told to take its files
-- away may be stopped before it does, or its request be held up on the network, for as long as that.
local LEFT_SECONDS = 30 * 86400

local function left_key(hex, place) return key('left', hex, place) end

local function is_left(hex, place) return redis.call('EXISTS', left_key(hex, place)) == 1 end

local function leave(hex, place) redis.call('SET', left_key(hex, place), '1', 'EX', LEFT_SECONDS) end

local function count_outcome(source, outcome, reason, hour)
  redis.call('HINCRBY', key('totals', source), outcome, 1)
  redis.call('HINCRBY', key('outcomes', hour), source .. ' ' .. outcome, 1)
  redis.call('EXPIRE', key('outcomes', hour), 40 * 86400)
  if reason ~= '' then
    redis.call('HINCRBY', key('reasons', source), outcome .. ' ' .. reason, 1)
  end
end

-- counts: counters and what is added to each, flat. Read and written in one call each, since a page has a dozen.
local function count_for_metrics(counts)
  if #counts == 0 then return end
  local names, after = {}, {}
  for i = 1, #counts, 2 do names[#names + 1] = counts[i] end
  local before = redis.call('HMGET', key('counted'), unpack(names))
  for i, name in ipairs(names) do
    after[2 * i - 1] = name
    after[2 * i] = string.format('%.0f', (tonumber(before[i]) or 0) + counts[2 * i])
  end
  redis.call('HSET', key('counted'), unpack(after))
end

local function count_archived(archived, hour)
  local hourly = key('archived', hour)
  redis.call('HINCRBY', hourly, 'pages', 1)
  redis.call('HINCRBY', hourly, 'bytes', archived.size)
  if archived.is_revisit == '1' then redis.call('HINCRBY', hourly, 'revisits', 1) end
  redis.call('EXPIRE', hourly, 40 * 86400)
end

-- Let go of all that a visit held: its page, its place in the queues, its reservation.
local function end_visit(source, url_key, entry)
  if entry.token then
    redis.call('DEL', key('page', entry.token))
    redis.call('ZREM', key('waiting'), entry.token)
  end
  redis.call('ZREM', key('frontier', source), url_key)
  redis.call('ZREM', key('revisits', source), url_key)
  if entry.reserved then redis.call('DEL', key('reserved', entry.reserved)) end
  if entry.back then
    redis.call('ZREM', key('older', source), url_key)
    redis.call('SREM', key('older-open', source), url_key)
    end_backfill(source)
  end
end

-- Count how a page ended that a backfill had named, and whether it was of the time asked for (`age`).
local function count_older(source, back, outcome, age, published)
  local state = key('backfill', source)
  if redis.call('HGET', state, 'id') ~= back.id then return end
  redis.call('HINCRBY', state, 'outcome ' .. outcome, 1)
  if not age then return end
  if age == 'older' then redis.call('HINCRBY', state, 'old ' .. back.road, 1)
  else redis.call('HSET', state, 'old ' .. back.road, 0) end
  if age == 'asked-for' then redis.call('HSET', state, 'reached', published, 'at ' .. back.road, published)
  else redis.call('HINCRBY', state, 'outside', 1) end
end

-- A URL whose text is `head` is looked at again at the first of its times to come; without either it is done with.
-- archived: the record of the archive that its page was found in last, or nil. validator: what that page may be asked
-- by, or nil.
local function look_again(source, url_key, url, head, revisits, now, archived, validator)
  while revisits[1] and revisits[1] <= now do table.remove(revisits, 1) end
  if not (head and revisits[1]) then
    redis.call('HDEL', key('entries', source), url_key)
    return
  end
  local due = table.remove(revisits, 1)
  if #revisits == 0 then revisits = nil end
  save(source, url_key, {
    url = url, attempts = 0, head = head, revisits = revisits, archived = archived, validator = validator})
  redis.call('ZADD', key('revisits', source), due, url_key)
  due_no_later(source, due + slack(source))
end

-- Whether the caller knows of the last settlement, and the server was not started since: a start may bring back
-- an earlier state.
local function is_settled(epoch)
  local settled = redis.call('HMGET', key('settled'), 'run', 'epoch')
  return settled[2] == epoch and settled[1] == string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end
