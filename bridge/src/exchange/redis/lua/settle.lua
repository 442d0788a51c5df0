-- What the holder of a lease does with the entry. KEYS[1]: the entry.
local entry, kind, holder, exchange = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local what, at, reason, worker = ARGV[6], ARGV[7], ARGV[8], ARGV[9]

if not is_held(entry, holder) then return {'lost'} end
if what == 'complete' then
  drop(entry, kind, exchange)
elseif what == 'bury' then
  bury(entry, kind, reason, at)
elseif what == 'extend' then
  local id = redis.call('HGET', KEYS[1], 'i')
  redis.call('XCLAIM', stream_key(kind), GROUP, worker, 0, id, 'JUSTID')
elseif what == 'return' then
  withdraw(entry, kind)
  redis.call('HDEL', KEYS[1], 'h')
  offer(entry, kind)
elseif what == 'postpone' then
  withdraw(entry, kind)
  redis.call('HDEL', KEYS[1], 'h')
  redis.call('HINCRBY', KEYS[1], 'a', 1)
  redis.call('HSET', KEYS[1], 'r', reason)
  put_off(entry, kind, at)
end
return {'done'}
