-- Prelude of the scripts that count what recurs on a source's pages.
--
-- A hash a source: under a block's key, on how many of its recent pages the block was seen; under 'pages', how many
-- those were. Every FEW pages all is halved, so that what was seen once goes, and a site that changes is learnt anew.
-- Packed, since it has at most MOST fields.

local FEW, MOST = 100, 480
-- On so many pages a block must have been seen; a long one, that may be a story's own background, on more. Half of
-- the recent ones: what a running story begins with stands on many, but a frame on most.
local ENOUGH, ENOUGH_LONG, SHARE = 5, 8, 0.5
local MOST_RIPE = 100
local KEPT_SECONDS = 90 * 86400

local function halve(counts)
  local flat, kept, gone = redis.call('HGETALL', counts), {}, {}
  for i = 1, #flat, 2 do
    local half = math.floor(tonumber(flat[i + 1]) / 2)
    if half > 0 then
      kept[#kept + 1] = flat[i]
      kept[#kept + 1] = half
    else
      gone[#gone + 1] = flat[i]
    end
  end
  if #kept > 0 then redis.call('HSET', counts, unpack(kept)) end
  if #gone > 0 then redis.call('HDEL', counts, unpack(gone)) end
end

local function is_ripe(is_long, seen, pages)
  return seen >= (is_long and ENOUGH_LONG or ENOUGH) and seen >= SHARE * pages
end

-- Count a page, once, with the blocks that may frame its text. Those that have been seen on enough pages are kept
-- with their texts, to be frozen; when the first of them was is noted.
local function count_blocks(source, blocks, now)
  local counts, ripe = key('blocks', source), key('recurring', source)
  local fields = {'pages'}
  for _, block in ipairs(blocks) do fields[#fields + 1] = block[1] end
  if tonumber(redis.call('HGET', counts, 'pages') or 0) >= FEW then halve(counts) end
  -- All in one call, and back in another: a call a block was most of what a commit takes.
  local before = redis.call('HMGET', counts, unpack(fields))
  local pages = tonumber(before[1] or 0) + 1
  local room = MOST - redis.call('HLEN', counts) - (before[1] and 0 or 1)
  local after = {'pages', pages}
  for i, block in ipairs(blocks) do
    local known = before[i + 1]
    if known or room > 0 then
      if not known then room = room - 1 end
      local seen = tonumber(known or 0) + 1
      after[#after + 1] = block[1]
      after[#after + 1] = seen
      if is_ripe(block[3], seen, pages) and redis.call('HLEN', ripe) < MOST_RIPE then
        redis.call('HSET', ripe, block[1], cmsgpack.pack({block[2], seen, pages}))
        redis.call('ZADD', key('ripe'), 'NX', now, source)
      end
    end
  end
  redis.call('HSET', counts, unpack(after))
  for _, name in ipairs({counts, ripe}) do redis.call('EXPIRE', name, KEPT_SECONDS) end
end
