-- Drop entries of a stream that every group has acknowledged and that are older than the retention.
-- ARGV: stream, the lowest id that retention keeps
-- Returns how many went.
local stream = ARGV[1]
if redis.call('EXISTS', stream) == 0 then return 0 end
local function parts(id)
  local ms, seq = string.match(id, '(%d+)-(%d+)')
  return tonumber(ms), tonumber(seq)
end
local function earlier(a, b)
  local am, as = parts(a)
  local bm, bs = parts(b)
  if am < bm or (am == bm and as < bs) then return a end
  return b
end
local lowest = ARGV[2]
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = {}
  for i = 1, #flat, 2 do group[flat[i]] = flat[i + 1] end
  -- A group may have been set back: then it needs what comes after its last delivery, pending or not.
  local ms, seq = parts(group['last-delivered-id'])
  lowest = earlier(lowest, string.format('%.0f-%.0f', ms, seq + 1))
  local pending = redis.call('XPENDING', stream, group['name'])
  if pending[1] > 0 then lowest = earlier(lowest, pending[2]) end
end
return redis.call('XTRIM', stream, 'MINID', '=', lowest)
