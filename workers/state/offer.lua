-- Put the links of a walk on the frontier; with the walk's last links, save what it learnt of its listings.
-- ARGV[1]: msgpack {source, token, now, links = {{number, key, url}, ...} newest first, offset,
--   most (how many more may enter; the rest is parked) or nil, last = {settings, listings = {url, json, ...}} or nil,
--   told = {field, value, ...} of the source's facts or nil, covered = {until, gaps = {name, json, ...}, most gaps, name of the oldest} or nil, both with the last}
-- Returns {entered, parked, taken = those of the links that are on the frontier now}, or {-1, 0, 0} where the crawl's
--   lease is stale. What an offer that was cut off had taken counts among the `most`.
local plan = cmsgpack.unpack(ARGV[1])
local source = plan.source
if redis.call('HGET', key('leases'), source) ~= plan.token then return {-1, 0, 0} end

-- What has been met of a source begins with its first walk. Gaps are named by their begin, the oldest go first.
local function cover(source, now, covered)
  local name, gaps = key('coverage', source), key('gaps', source)
  redis.call('HSETNX', name, 'since', now)
  local before = tonumber(redis.call('HGET', name, 'until') or 0)
  redis.call('HSET', name, 'until', math.max(before, covered['until']))
  if #covered.gaps == 0 then return end
  redis.call('HSET', gaps, unpack(covered.gaps))
  local names = redis.call('HKEYS', gaps)
  table.sort(names)
  for i, one in ipairs(names) do
    if i <= #names - covered.most or one < covered.oldest then redis.call('HDEL', gaps, one) end
  end
end

local known, parked_set = open_table('known'), open_table('parked:' .. source)
local entered, parked, taken = 0, 0, 0
for i, link in ipairs(plan.links) do
  local number, url_key, url = link[1], link[2], link[3]
  local is_owed = redis.call('HEXISTS', key('entries', source), url_key) == 1
  -- What a backfill has named as well does not wait with it.
  if is_owed and redis.call('ZREM', key('older', source), url_key) == 1 then
    redis.call('ZADD', key('frontier', source), plan.now - (plan.offset + i) / 1000, url_key)
  end
  if is_owed and redis.call('ZSCORE', key('frontier', source), url_key) then taken = taken + 1 end
  if not is_owed and not in_set(known, number) and not in_set(parked_set, number) then
    if plan.most and taken >= plan.most then
      add_to_set(parked_set, number)
      parked = parked + 1
    else
      -- A millisecond apart, so that the order of the listing is the order of the frontier.
      redis.call('ZADD', key('frontier', source), plan.now - (plan.offset + i) / 1000, url_key)
      save(source, url_key, {url = url, attempts = 0})
      entered = entered + 1
      taken = taken + 1
    end
  end
end
if plan.last then
  redis.call('DEL', key('listings', source))
  redis.call('HSET', key('listings', source), 'settings', plan.last.settings, unpack(plan.last.listings))
  redis.call('HSET', key('crawl', source), 'walked', plan.now)
end
if plan.told then redis.call('HSET', key('crawl', source), unpack(plan.told)) end
if plan.covered then cover(source, plan.now, plan.covered) end
return {entered, parked, taken}
