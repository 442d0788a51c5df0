-- What an operator does with a dead letter. KEYS[1]: the entry.
local entry, exchange, what = ARGV[2], ARGV[3], ARGV[4]

local row = redis.call('HMGET', KEYS[1], 'x', 'k', 't')
if row[1] ~= exchange or not row[3] then return {'none'} end
if what == 'replay' then
  redis.call('ZREM', prefix .. 'dead', entry)
  redis.call('HDEL', KEYS[1], 't', 'r', 'n', 'b', 'l')
  redis.call('HSET', KEYS[1], 'a', '1')
  offer(entry, row[2])
else
  drop(entry, row[2], exchange)
end
return {'done'}
