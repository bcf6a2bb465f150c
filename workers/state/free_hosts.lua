-- Free the hosts that a command has held, and note when it last asked them for anything.
-- ARGV: token, last request, authorities...
for i = 3, #ARGV do
  local host = key('host', ARGV[i])
  if redis.call('HGET', host, 'owner') == ARGV[1] then
    redis.call('HDEL', host, 'owner', 'until')
    redis.call('HSET', host, 'last', ARGV[2])
  end
end
return 1
