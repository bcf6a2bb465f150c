-- Drop from a group's own stream what the group has acknowledged, also behind an entry that it has not.
-- ARGV: stream, group, how many entries are looked at, from the beginning
-- Returns how many went.
local stream, group, most = ARGV[1], ARGV[2], ARGV[3]
if redis.call('EXISTS', stream) == 0 then return 0 end
local delivered = '0-0'
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local row = {}
  for i = 1, #flat, 2 do row[flat[i]] = flat[i + 1] end
  if row['name'] == group then delivered = row['last-delivered-id'] end
end
if delivered == '0-0' then return 0 end
local owed = {}
for _, row in ipairs(redis.call('XPENDING', stream, group, '-', '+', most)) do owed[row[1]] = true end
local gone = 0
-- The last one stays: behind an entry that was taken out the server cannot tell a group's lag.
for _, row in ipairs(redis.call('XRANGE', stream, '-', '(' .. delivered, 'COUNT', most)) do
  if not owed[row[1]] then gone = gone + redis.call('XDEL', stream, row[1]) end
end
return gone
