-- Claims a message. KEYS[1]: the message. ARGV[6]: the holder whose claim is known to have come to
-- nothing, or ''.
local digest, holder, now, lapse, life, dead_holder = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6]

local row = redis.call('HMGET', KEYS[1], 'd', 'h', 'u', 'p', 'a', 'z')
if row[1] then
  local running = tonumber(row[3]) > now
  if row[6] then
    if running and row[1] ~= digest then return {'conflict'} end
    if running then return {'answered', row[5]} end
  elseif running then
    if row[1] ~= digest then return {'conflict'} end
    if not row[4] then return {'in-flight'} end
    return {'check', row[4], row[5], row[2], 'running'}
  elseif row[4] and row[2] ~= dead_holder then
    return {'check', row[4], row[5], row[2], 'over', row[1]}
  end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'd', digest, 'h', holder, 'u', lapse)
redis.call('PEXPIRE', KEYS[1], life)
return {'new'}
