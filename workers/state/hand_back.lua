-- A page could not be finished for no fault of its own: it waits again, and the start is not counted.
-- ARGV: token, due again at
local page = key('page', ARGV[1])
if redis.call('EXISTS', page) == 1 then
  redis.call('HINCRBY', page, 'starts', -1)
  redis.call('HDEL', page, 'busy')
  redis.call('ZADD', key('waiting'), ARGV[2], ARGV[1])
end
return 1
