-- Enter the next of the links that a backfill's walk has named, where they are not known. What a first crawl has left
-- aside (parked) is meant, too.
-- ARGV[1]: msgpack {source, token, rev, turned, links = {{number, key, url, score}, ...},
--   back = {id, road, since, until}: what each entry carries to its end}
-- Returns {entered, known}, or {-1, 0} where the crawl's lease is stale, or these links are no longer the next ones.
local plan = cmsgpack.unpack(ARGV[1])
local source, state = plan.source, key('backfill', plan.source)
if redis.call('HGET', key('leases'), source) ~= plan.token then return {-1, 0} end
local present = redis.call('HMGET', state, 'id', 'rev', 'ended')
if present[1] ~= plan.back.id or present[2] ~= plan.rev or present[3] then return {-1, 0} end

local known, entered = open_table('known'), 0
for _, link in ipairs(plan.links) do
  local number, url_key, url, score = unpack(link)
  if redis.call('HEXISTS', key('entries', source), url_key) == 0 and not in_set(known, number) then
    redis.call('ZADD', key('older', source), score, url_key)
    redis.call('SADD', key('older-open', source), url_key)
    save(source, url_key, {url = url, attempts = 0, back = plan.back})
    entered = entered + 1
  end
end
redis.call(plan.turned and 'RPOP' or 'LPOP', key('older-links', source))
redis.call('HINCRBY', state, 'rev', 1)
redis.call('HINCRBY', state, 'entered', entered)
redis.call('HINCRBY', state, 'known', #plan.links - entered)
redis.call('HINCRBY', state, 'left', -#plan.links)
return {entered, #plan.links - entered}
