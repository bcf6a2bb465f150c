-- Plain commands as one change: small ones, which a full server must not refuse.
-- ARGV[1]: msgpack of a list of commands, each a list of its name and arguments
-- Returns the reply of each.
local replies = {}
for i, command in ipairs(cmsgpack.unpack(ARGV[1])) do replies[i] = redis.call(unpack(command)) end
return replies
