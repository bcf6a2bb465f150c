-- Lock hosts for a command that looks at them, all or none; asked again, it holds them for longer.
-- ARGV: token, now, until, authorities...
-- Returns {'held', last request of any of them by others, longest delay of any}, {'busy'}, or {'paused', until}.
local token, now, till = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local last, delay = 0, 0
for i = 4, #ARGV do
  local found = redis.call('HMGET', key('host', ARGV[i]), 'owner', 'until', 'last', 'delay', 'not_before')
  if found[1] == token then found[1] = false end
  if is_locked(ARGV[i], found[1], found[2], now) then return {'busy'} end
  if tonumber(found[5] or 0) > now then return {'paused', found[5]} end
  -- A worker that was lost may have asked for something after it last said so.
  last = math.max(last, tonumber(found[3] or 0), found[1] and tonumber(found[2]) or 0)
  delay = math.max(delay, tonumber(found[4] or 0))
end
for i = 4, #ARGV do
  lock(ARGV[i], token, till)
  redis.call('HSET', key('host', ARGV[i]), 'last', last)
  redis.call('EXPIRE', key('host', ARGV[i]), 2 * 86400)
end
return {'held', tostring(last), tostring(delay)}
