-- Give no number of a folder again that is not at least so high.
-- ARGV: source, day (days since 1970), the lowest to be given, seconds for which that is kept
-- Returns 1, or 0 where it was so already.
local counter = key('numbers', ARGV[1], ARGV[2])
if (tonumber(redis.call('GET', counter)) or 0) >= tonumber(ARGV[3]) then return 0 end
redis.call('SET', counter, ARGV[3], 'EX', ARGV[4])
return 1
