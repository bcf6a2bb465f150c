-- Hand the oldest entry that a dead consumer of a group owes to another one; a name that owes nothing goes.
-- ARGV: stream, group, consumer, dead consumer
-- Returns {id, fields}, or {} where nothing is left to take over.
local stream, group, consumer, dead = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
while true do
  local owed = redis.call('XPENDING', stream, group, '-', '+', 1, dead)[1]
  if not owed then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, dead)
    return {}
  end
  local rows = redis.call('XCLAIM', stream, group, consumer, 0, owed[1])
  if rows[1] then return rows[1] end
  -- It is no longer in the stream: there is nothing to deliver.
  redis.call('XACK', stream, group, owed[1])
end
