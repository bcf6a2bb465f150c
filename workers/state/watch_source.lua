-- Keep what was seen of a source after a crawl: what is usual for it, and the alarms that changed.
-- ARGV: source, the end of its last crawl as it was read, look again at or '', what was usual before, what is now,
--   then kinds and alarms ('' for one that is cleared)...
-- Returns 1, or 0 where another has looked meanwhile: then nothing is changed.
local source, again = ARGV[1], ARGV[3]
local usual = redis.call('HGET', key('usual'), source) or ''
-- Sent again, since the reply was lost on its way, it finds its own.
if usual ~= ARGV[4] and usual ~= ARGV[5] then return 0 end
redis.call('HSET', key('usual'), source, ARGV[5])
for i = 6, #ARGV, 2 do
  local name = ARGV[i] .. ' ' .. source
  if ARGV[i + 1] == '' then
    redis.call('HDEL', key('alarms'), name)
  else
    redis.call('HSET', key('alarms'), name, ARGV[i + 1])
  end
end
local ended = redis.call('HGET', key('crawl', source), 'ended') or ''
if ended ~= ARGV[2] then again = ended end
if again == '' then
  redis.call('ZREM', key('looks'), source)
else
  redis.call('ZADD', key('looks'), again, source)
end
return 1
