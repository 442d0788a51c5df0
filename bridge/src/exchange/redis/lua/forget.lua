-- Removes an exchange with its work. KEYS[1]: the exchange.
local exchange, epoch = ARGV[2], ARGV[3]

if redis.call('HGET', KEYS[1], 'e') ~= epoch then return {'none'} end
for _, entry in ipairs(redis.call('SMEMBERS', prefix .. 'own:' .. exchange)) do
  local kind = redis.call('HGET', entry_key(entry), 'k')
  if kind then drop(entry, kind, exchange) end
end
redis.call('DEL', prefix .. 'own:' .. exchange)
redis.call('ZREM', prefix .. 'due', exchange)
redis.call('ZREM', prefix .. 'all', exchange)
redis.call('DEL', KEYS[1])
return {'done'}
