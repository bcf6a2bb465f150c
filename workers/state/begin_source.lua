-- Begin a crawl: its lease goes on under a token of its own, so that a message that comes twice is crawled once.
-- ARGV: source, token of the message, the crawl's own token, until, authorities...
-- Returns 1, or 0 where it may not begin: the lease is stale, a host is or was another's, or the source is no longer wanted.
local source, token, own, till = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local function is_ours(owner) return owner == token or owner == own end
if not is_ours(redis.call('HGET', key('leases'), source)) then return 0 end
if not redis.call('ZSCORE', key('schedule'), source) then return 0 end
for i = 5, #ARGV do
  if not is_ours(redis.call('HGET', key('host', ARGV[i]), 'owner')) then return 0 end
end
redis.call('HSET', key('leases'), source, own)
redis.call('ZADD', key('schedule'), 'XX', till, source)
for i = 5, #ARGV do lock(ARGV[i], own, till) end
return 1
