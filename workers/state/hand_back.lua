-- A page could not be finished for no fault of its own: it waits again as if it had not been begun.
-- ARGV: token, due again at
local page = key('page', ARGV[1])
if redis.call('EXISTS', page) == 1 then
  -- Sent again after a lost reply, it takes nothing back twice.
  if redis.call('HDEL', page, 'busy') == 1 then redis.call('HINCRBY', page, 'begun', -1) end
  redis.call('HDEL', page, 'open')
  redis.call('ZADD', key('waiting'), ARGV[2], ARGV[1])
end
return 1
