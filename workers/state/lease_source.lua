-- Lease a due source and lock its hosts, all or none. Who waits for a host that is being crawled has it by turns.
-- ARGV: source, token, now, until, look again at (where a host is busy), authorities...
-- Returns {'leased', walked, last request of any of its hosts, longest delay of any}, {'locked'}, or {'not due'}.
local source, token, now, till = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local hosts = {unpack(ARGV, 6)}

-- Asked again, since the reply was lost on its way, it gives the same answer.
local is_held = redis.call('HGET', key('leases'), source) == token
local due = tonumber(redis.call('ZSCORE', key('schedule'), source) or nil)
if not is_held and (not due or due > now) then return {'not due'} end

local function leave_queues()
  for _, host in ipairs(hosts) do redis.call('ZREM', key('queue', host), source) end
end

-- One time for all of its hosts, so that no two sources wait for each other.
local since = due or now
for _, host in ipairs(hosts) do
  since = math.min(since, tonumber(redis.call('ZSCORE', key('queue', host), source) or since))
end

-- Whether another source has waited longer for a host.
local function is_before_us(host)
  while true do
    local first = redis.call('ZRANGE', key('queue', host), 0, 0, 'WITHSCORES')
    if not first[1] or tonumber(first[2]) >= since then return false end
    if is_waiting(first[1], now) then return true end
    redis.call('ZREM', key('queue', host), first[1])
  end
end

local last, delay, paused_until, busy = 0, 0, 0, {}
for _, host in ipairs(hosts) do
  local found = redis.call('HMGET', key('host', host), 'owner', 'until', 'last', 'delay', 'not_before')
  if found[1] == token then found[1] = false end
  paused_until = math.max(paused_until, tonumber(found[5] or 0))
  if is_locked(host, found[1], found[2], now) or not is_held and is_before_us(host) then table.insert(busy, host) end
  -- A worker that was lost may have asked for something after it last said so.
  last = math.max(last, tonumber(found[3] or 0), found[1] and tonumber(found[2]) or 0)
  delay = math.max(delay, tonumber(found[4] or 0))
end
if paused_until > now then
  -- A pause of one host must not keep others waiting for another.
  leave_queues()
  redis.call('ZADD', key('schedule'), paused_until, source)
  return {'locked'}
end
if #busy > 0 then
  for _, host in ipairs(busy) do
    redis.call('ZADD', key('queue', host), since, source)
    redis.call('EXPIRE', key('queue', host), 86400)
  end
  redis.call('ZADD', key('schedule'), ARGV[5], source)
  return {'locked'}
end

leave_queues()
for _, host in ipairs(hosts) do
  lock(host, token, till)
  redis.call('EXPIRE', key('host', host), 2 * 86400)
end
redis.call('HSET', key('leases'), source, token)
redis.call('ZADD', key('schedule'), till, source)
-- What a crawl that was cut off had taken is nobody's now.
for _, queue in ipairs({'frontier', 'revisits', 'older'}) do
  for _, url_key in ipairs(redis.call('ZRANGE', key(queue, source), '(' .. now, '+inf', 'BYSCORE')) do
    local entry = cjson.decode(redis.call('HGET', key('entries', source), url_key))
    if entry.token then
      entry.token = nil
      save(source, url_key, entry)
      redis.call('ZADD', key(queue, source), now, url_key)
    end
  end
end
return {'leased', redis.call('HGET', key('crawl', source), 'walked') or '', tostring(last), tostring(delay)}
