-- Hold something that one process at a time may do, for so many seconds; asked again by its holder, for longer.
-- ARGV: what, token, seconds (0 lets it go), token of a holder that is known to be dead ('' for none)
-- Returns the token that holds it now, '' where nobody does.
local held = redis.call('GET', key('held', ARGV[1]))
if held and held ~= ARGV[2] and held ~= ARGV[4] then return held end
if ARGV[3] == '0' then
  redis.call('DEL', key('held', ARGV[1]))
  return ''
end
redis.call('SET', key('held', ARGV[1]), ARGV[2], 'EX', ARGV[3])
return ARGV[2]
