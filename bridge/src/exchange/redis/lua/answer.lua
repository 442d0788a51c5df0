-- Answers a message that belongs to no exchange. KEYS[1]: the message.
local holder, answer, keep, life = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local row = redis.call('HMGET', KEYS[1], 'h', 'z')
if row[1] ~= holder then return {'lost'} end
if not row[2] then
  redis.call('HSET', KEYS[1], 'a', answer, 'u', keep, 'z', '1')
  redis.call('PEXPIRE', KEYS[1], life)
end
return {'done'}
