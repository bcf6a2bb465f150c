-- Keep what one step of a backfill's walk came to, all at once: where it stands, and the links that come next.
-- ARGV[1]: msgpack {source, token, id, rev, cursor = JSON, walked = whether the walk is over, next = not before,
--   waiting = 'drop', 'turn' or '': what becomes of the links that still wait, old = the roads whose articles in a row
--   are counted anew, chunks = packed links, newest first, count = how many those are}
-- Returns 1, or 0 where the crawl's lease is stale, or the backfill is elsewhere by now.
local plan = cmsgpack.unpack(ARGV[1])
local source, state = plan.source, key('backfill', plan.source)
if redis.call('HGET', key('leases'), source) ~= plan.token then return 0 end
local present = redis.call('HMGET', state, 'id', 'rev', 'ended')
if present[1] ~= plan.id or present[2] ~= plan.rev or present[3] then return 0 end

redis.call('HSET', state, 'cursor', plan.cursor, 'next', plan.next)
if plan.waiting == 'drop' then
  redis.call('DEL', key('older-links', source))
  redis.call('HSET', state, 'left', 0)
elseif plan.waiting == 'turn' then
  redis.call('HSET', state, 'turned', 1)
end
for _, road in ipairs(plan.old) do redis.call('HSET', state, 'old ' .. road, 0) end
if #plan.chunks > 0 then
  redis.call('HDEL', state, 'turned')
  for _, chunk in ipairs(plan.chunks) do redis.call('RPUSH', key('older-links', source), chunk) end
  redis.call('HINCRBY', state, 'left', plan.count)
end
redis.call('HINCRBY', state, 'rev', 1)
redis.call('HINCRBY', state, 'steps', 1)
if plan.walked then
  redis.call('HSET', state, 'walked', 1)
  end_backfill(source)
end
return 1
