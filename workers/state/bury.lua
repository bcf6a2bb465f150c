-- Move an entry that a group cannot deal with to the stream of the dead, and acknowledge it.
-- ARGV: group, id, deliveries after which it is hopeless, milliseconds it must have been left alone, when (RFC 3339)
-- Returns 1, or 0 where it was acknowledged, or delivered again, in the meantime: nothing was changed.
local stream, group, id = key('documents'), ARGV[1], ARGV[2]
local owed = redis.call('XPENDING', stream, group, 'IDLE', ARGV[4], id, id, 1)[1]
if not owed or owed[4] < tonumber(ARGV[3]) then return 0 end
local rows = redis.call('XRANGE', stream, id, id)
if rows[1] then
  redis.call('XADD', key('documents:dead'), '*',
    'group', group, 'consumer', owed[2], 'delivered', owed[4], 'at', ARGV[5], 'entry', id, unpack(rows[1][2]))
end
redis.call('XACK', stream, group, id)
return 1
