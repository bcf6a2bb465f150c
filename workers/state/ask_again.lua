-- Note that a group is to have documents once more, from the files; a group that there is not yet is made, in the
-- same step, at the end of the stream: what is published from now on comes from there, all else from the files.
-- ARGV: group, plan as JSON
-- Returns {'asked', the plan with `cut`, the last entry that the group was given}, or, with nothing changed,
--   {'under way', the plan that is}
local stream, group = key('documents'), ARGV[1]
local held = redis.call('HGET', key('again'), group)
if held then return {'under way', held} end

local function delivered()
  if redis.call('EXISTS', stream) == 0 then return nil end
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local row = {}
    for i = 1, #flat, 2 do row[flat[i]] = flat[i + 1] end
    if row['name'] == group then return row['last-delivered-id'] end
  end
end

local cut = delivered()
if not cut then
  redis.call('XGROUP', 'CREATE', stream, group, '$', 'MKSTREAM')
  cut = delivered()
end
redis.pcall('XGROUP', 'CREATE', key('documents:again', group), group, '0', 'MKSTREAM')
local plan = cjson.decode(ARGV[2])
plan.cut = cut
local kept = cjson.encode(plan)
redis.call('HSET', key('again'), group, kept)
return {'asked', kept}
