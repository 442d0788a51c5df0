-- One transition. KEYS[1]: the exchange.
local exchange, mode, op = ARGV[2], ARGV[3], ARGV[4]
local expected, epoch, ops = ARGV[5], ARGV[6], ARGV[7]
local state, record, data_key, content = ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local deadline, created, now, fence = ARGV[12], ARGV[13], ARGV[14], ARGV[15]
local message, request = ARGV[16], ARGV[17]
local finish, finish_entry, finish_kind, holder, reason = ARGV[18], ARGV[19], ARGV[20], ARGV[21], ARGV[22]
local entries = tonumber(ARGV[23])
local key = KEYS[1]

local current = redis.call('HGET', key, 'e')
if mode == 'open' then
  if current then return {'existing', exchange} end
else
  if not current then return {'gone'} end
  local known = ' ' .. redis.call('HGET', key, 'o') .. ' '
  local done = string.match(known, ' ' .. op .. '=(%d+) ')
  if done then return {'repeated', done} end
  if current ~= expected then return {'stale', current} end
  if finish ~= '' and not is_held(finish_entry, holder) then return {'lease-lost'} end
  if request ~= '' and redis.call('HEXISTS', key, 'q:' .. request) == 1 then
    return {'request-known', exchange}
  end
end
if fence ~= '' then
  -- A writer that slept past its claim must not write: somebody else may handle the message.
  local time = redis.call('TIME')
  if tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) > tonumber(fence) then
    return {'claim-lost'}
  end
end

redis.call('HSET', key, 's', state, 'e', epoch, 'o', ops, 'r', record)
if data_key == '' then redis.call('HDEL', key, 'k') else redis.call('HSET', key, 'k', data_key) end
if content == '' then redis.call('HDEL', key, 'c') else redis.call('HSET', key, 'c', content) end
if message ~= '' then redis.call('HSET', key, 'm:' .. message, '1') end
if request ~= '' then redis.call('HSET', key, 'q:' .. request, '1') end
if deadline == '' then
  redis.call('ZREM', prefix .. 'due', exchange)
else
  redis.call('ZADD', prefix .. 'due', deadline, exchange)
end
if mode == 'open' then redis.call('ZADD', prefix .. 'all', created, exchange) end
if finish == 'done' then
  drop(finish_entry, finish_kind, exchange)
elseif finish == 'bury' then
  bury(finish_entry, finish_kind, reason, now)
end
for number = 0, entries - 1 do
  local at = 24 + number * 4
  local entry, kind, data, not_before = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  redis.call('HSET', entry_key(entry), 'x', exchange, 'k', kind, 'd', data, 'a', '1')
  redis.call('SADD', prefix .. 'own:' .. exchange, entry)
  if not_before == '' or tonumber(not_before) <= tonumber(now) then
    offer(entry, kind)
  else
    put_off(entry, kind, not_before)
  end
end
return {'done', epoch}
