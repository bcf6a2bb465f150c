-- Which URLs are neither owed nor known: reads only.
-- ARGV: source, msgpack of the URLs' numbers, the URLs' keys...
-- Returns 1 or 0 for each.
local source, numbers = ARGV[1], cmsgpack.unpack(ARGV[2])
local known, parked, flags = open_table('known'), open_table('parked:' .. source), {}
for i, number in ipairs(numbers) do
  local met = in_set(known, number) or in_set(parked, number)
    or redis.call('HEXISTS', key('entries', source), ARGV[2 + i]) == 1
  flags[i] = met and 0 or 1
end
return flags
