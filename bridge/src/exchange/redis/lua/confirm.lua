-- The exchange carries the mark: from now on the answer stands by itself. KEYS[1]: the message.
local exchange = ARGV[1]

local row = redis.call('HMGET', KEYS[1], 'p', 'k')
if row[1] ~= exchange then return {'none'} end
redis.call('HSET', KEYS[1], 'z', '1', 'u', row[2])
return {'done'}
