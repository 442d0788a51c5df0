-- Notes which exchange is about to answer a message, and with what. KEYS[1]: the message. The
-- answer counts once the exchange carries its mark.
local holder, exchange, answer, keep, life, now, lapse = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]

local row = redis.call('HMGET', KEYS[1], 'h', 'u', 'p', 'z')
if row[4] and row[3] ~= exchange then return {'answered', row[3] or ''} end
if row[1] ~= holder then return {'lost'} end
if tonumber(row[2]) < tonumber(lapse) then redis.call('HSET', KEYS[1], 'u', lapse) else lapse = row[2] end
redis.call('HSET', KEYS[1], 'p', exchange, 'a', answer, 'k', keep)
redis.call('PEXPIRE', KEYS[1], life)
local time = redis.call('TIME')
local server = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
return {'ok', string.format('%.0f', server + tonumber(lapse) - tonumber(now))}
