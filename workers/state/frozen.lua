-- What was ripe is in a file of rules: let go of it, and name the file's number, unless there is a later one.
-- ARGV: source, number, keys of blocks...
local source, number = ARGV[1], tonumber(ARGV[2])
-- That there are none is noted too: their folder is looked into once.
local known = redis.call('HGET', key('rules'), source)
if not known or tonumber(known) < number then
  redis.call('HSET', key('rules'), source, number)
end
for i = 3, #ARGV do
  redis.call('HDEL', key('recurring', source), ARGV[i])
  redis.call('HDEL', key('blocks', source), ARGV[i])
end
if redis.call('EXISTS', key('recurring', source)) == 0 then redis.call('ZREM', key('ripe'), source) end
return 1
