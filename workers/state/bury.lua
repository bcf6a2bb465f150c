-- Move an entry that a group cannot deal with to the stream of the dead, and acknowledge it.
-- ARGV: group, id, times delivered
local rows = redis.call('XRANGE', key('documents'), ARGV[2], ARGV[2])
if rows[1] then
  redis.call('XADD', key('documents:dead'), '*', 'group', ARGV[1], 'delivered', ARGV[3], 'entry', ARGV[2], unpack(rows[1][2]))
end
redis.call('XACK', key('documents'), ARGV[1], ARGV[2])
return 1
