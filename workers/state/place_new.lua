-- What is known of a text; where that is nothing, it is new, and gets its place at once: the commonest end of all, in one
-- call instead of two.
-- ARGV: the first four of `look_up.lua`, then source, key, token, id in hex, day (days since 1970), the last settlement that
--   the caller knows of
-- Returns what `look_up.lua` does, and behind it, for a new text, what `reserve.lua` does.
if not is_settled(ARGV[10]) then return {'unsettled'} end
local known = look_up(tonumber(ARGV[1]), ARGV[2], cmsgpack.unpack(ARGV[3]), cmsgpack.unpack(ARGV[4]))
local place, heads, found = unpack(known)
for _, head in ipairs(heads) do
  if head ~= '' then return known end
end
if place == '' and #found == 0 then
  known[5] = bind(ARGV[5], ARGV[6], ARGV[7], ARGV[2], ARGV[8], ARGV[9], true, '', '')
end
return known
