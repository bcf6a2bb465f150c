-- Whether the files of a place may be taken away by a page that wrote them and could not commit there, or since
-- their text has another place.
-- ARGV: id (8 raw bytes), id in hex, place, the last settlement that the caller knows of, or '' where it settles
-- Returns 1: they are nobody's, and nobody will be given this place again; or 0, as in a state that may have
--   forgotten whose they are.
local hex, place = ARGV[2], ARGV[3]
if ARGV[4] ~= '' and not is_settled(ARGV[4]) then return 0 end
if get(open_table('texts'), ARGV[1]) == place then return 0 end
if redis.call('HGET', key('reserved', hex), 'place') == place then return 0 end
leave(hex, place)
return 1
