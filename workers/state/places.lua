-- Where texts are kept: reads only.
-- ARGV: ids (8 raw bytes each)
-- Returns a place or '' for each.
local texts, found = open_table('texts'), {}
for i, id in ipairs(ARGV) do found[i] = get(texts, id) or '' end
return found
