-- Put documents into a group's own stream, and note how far that has come.
-- ARGV[1]: msgpack {group, held = the plan as it was read, plan = as it is now, nil where it is done,
--   entries = list of flat fields and values}
-- Returns 1, or 0 where another was quicker: nothing was changed.
local step = cmsgpack.unpack(ARGV[1])
if redis.call('HGET', key('again'), step.group) ~= step.held then return 0 end
for _, entry in ipairs(step.entries) do
  redis.call('XADD', key('documents:again', step.group), '*', unpack(entry))
end
if step.plan then
  redis.call('HSET', key('again'), step.group, step.plan)
else
  redis.call('HDEL', key('again'), step.group)
end
return 1
