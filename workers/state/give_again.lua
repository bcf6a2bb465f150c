-- Move entries that were put aside back to their group, by its own stream.
-- ARGV: group, then the ids of entries in the stream of the dead
-- Returns how many; those that are no longer there are not counted.
local group, dead, moved = ARGV[1], key('documents:dead'), 0
local own = key('documents:again', group)
local of_the_dead = {group = true, consumer = true, delivered = true, at = true, entry = true, reason = true}
redis.pcall('XGROUP', 'CREATE', own, group, '0', 'MKSTREAM')
for i = 2, #ARGV do
  local row = redis.call('XRANGE', dead, ARGV[i], ARGV[i])[1]
  local fields, owner = {}, nil
  for j = 1, row and #row[2] or 0, 2 do
    local name, value = row[2][j], row[2][j + 1]
    if name == 'group' then owner = value end
    if not of_the_dead[name] then
      table.insert(fields, name)
      table.insert(fields, value)
    end
  end
  if owner == group and #fields > 0 then
    redis.call('XADD', own, '*', unpack(fields))
    redis.call('XDEL', dead, ARGV[i])
    moved = moved + 1
  end
end
return moved
