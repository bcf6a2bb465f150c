-- Bind an id to the URL that brings it, and give its place: the same answer whenever asked again.
-- ARGV: source, key, token, id (8 raw bytes), id in hex, day (days since 1970), numbered ('1' or ''),
--   the former place whose files are gone or '', a place that is spent or '', the last settlement that the
--   caller knows of
-- Returns {'mine', place}, {'known', place}, {'other'}, {'stale'}, {'spent'}. A place is 9 raw bytes: source, day,
--   number, dropped; or 10, where the source's number takes three.
--   {'former', id in hex, place}: an earlier try may have written there; its files go first, and nobody may commit there.
--   {'spent'}: the place that a text without a number would have was let go, and is given to nobody again.
--   {'unsettled'}: numbers and marks may be those of an earlier time, or the caller's; nothing was changed.
if not is_settled(ARGV[10]) then return {'unsettled'} end
return bind(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7] == '1', ARGV[8], ARGV[9])
