-- Move an entry that a group cannot deal with to the stream of the dead, and acknowledge it.
-- ARGV: stream, group, id, deliveries after which it is hopeless, milliseconds it must have been left alone,
--   when (RFC 3339), why ('' where nobody has said)
-- Returns 1, or 0 where it was acknowledged, or delivered again, in the meantime: nothing was changed.
local stream, group, id = ARGV[1], ARGV[2], ARGV[3]
local owed = redis.call('XPENDING', stream, group, 'IDLE', ARGV[5], id, id, 1)[1]
if not owed or owed[4] < tonumber(ARGV[4]) then return 0 end
local rows = redis.call('XRANGE', stream, id, id)
if rows[1] then
  redis.call('XADD', key('documents:dead'), '*', 'group', group, 'consumer', owed[2], 'delivered', owed[4],
    'at', ARGV[6], 'entry', id, 'reason', ARGV[7], unpack(rows[1][2]))
end
redis.call('XACK', stream, group, id)
return 1
