-- What is known of a text: reads only.
-- ARGV: now, id (8 raw bytes), the URL's numbers as a msgpack list of 6 raw bytes, bands as a msgpack list of 5 raw bytes,
--   the last settlement that the caller knows of
-- Returns {place of the id or '', ids at the URLs ('' or 8 raw bytes) as a list, {candidate id, place, bands shared, ...},
--   what was seen of the bands, for the commit}, or {'unsettled'}.
if redis.call('HGET', key('settled'), 'epoch') ~= ARGV[5] then return {'unsettled'} end
return look_up(tonumber(ARGV[1]), ARGV[2], cmsgpack.unpack(ARGV[3]), cmsgpack.unpack(ARGV[4]))
