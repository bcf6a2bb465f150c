-- Lock hosts for a command that looks at them, all or none; asked again, it holds them for longer.
-- ARGV: token, now, until, authorities...
-- Returns {'held', last request of any of them by others, longest delay of any}, {'busy'}, or {'paused', until}.
local token, now, till = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local last, delay = 0, 0
for i = 4, #ARGV do
  local lock = redis.call('HMGET', key('host', ARGV[i]), 'owner', 'until', 'last', 'delay', 'not_before')
  local is_anothers = lock[1] and lock[1] ~= token
  if is_anothers and tonumber(lock[2]) > now then return {'busy'} end
  if tonumber(lock[5] or 0) > now then return {'paused', lock[5]} end
  -- A worker that was lost may have asked for something after it last said so.
  last = math.max(last, tonumber(lock[3] or 0), is_anothers and tonumber(lock[2]) or 0)
  delay = math.max(delay, tonumber(lock[4] or 0))
end
for i = 4, #ARGV do
  redis.call('HSET', key('host', ARGV[i]), 'owner', token, 'until', till, 'last', last)
  redis.call('EXPIRE', key('host', ARGV[i]), 2 * 86400)
end
return {'held', tostring(last), tostring(delay)}
