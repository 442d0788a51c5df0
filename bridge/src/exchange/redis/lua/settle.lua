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
elseif what == 'return' or what == 'defer' then
  withdraw(entry, kind)
  redis.call('HDEL', KEYS[1], 'h')
  redis.call('HINCRBY', KEYS[1], 'n', -1)
  if what == 'return' then offer(entry, kind) else put_off(entry, kind, at) end
elseif what == 'blame' then
  -- Once per delivery, however often it is said.
  if redis.call('HGET', KEYS[1], 'l') ~= holder then
    redis.call('HINCRBY', KEYS[1], 'b', 1)
    redis.call('HSET', KEYS[1], 'l', holder)
  end
elseif what == 'postpone' then
  withdraw(entry, kind)
  redis.call('HDEL', KEYS[1], 'h', 'n', 'b', 'l')
  redis.call('HINCRBY', KEYS[1], 'a', 1)
  redis.call('HSET', KEYS[1], 'r', reason)
  put_off(entry, kind, at)
end
return {'done'}
