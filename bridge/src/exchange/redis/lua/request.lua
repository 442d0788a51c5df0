-- Remembers which exchange is about to take a request. KEYS[1]: the request. ARGV[6]: the exchange
-- that is known to have come to nothing, or ''.
local exchange, message, now, keep, life, dead = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

local row = redis.call('HMGET', KEYS[1], 'x', 'm', 't', 'u', 'z')
if row[1] and tonumber(row[4]) > tonumber(now) and row[1] ~= exchange then
  if row[5] then return {'known', row[1]} end
  if row[1] ~= dead then return {'check', row[1], row[2], row[3]} end
end
redis.call('HSET', KEYS[1], 'x', exchange, 'm', message, 't', now, 'u', keep)
redis.call('PEXPIRE', KEYS[1], life)
return {'ok'}
