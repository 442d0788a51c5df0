-- Gives a claim back. KEYS[1]: the message. ARGV[2]: the exchange that was checked not to carry the
-- mark, or ''.
local holder, unmarked = ARGV[1], ARGV[2]

local row = redis.call('HMGET', KEYS[1], 'h', 'p', 'z')
if row[1] ~= holder or row[3] then return {'none'} end
if row[2] and row[2] ~= unmarked then return {'check', row[2]} end
redis.call('DEL', KEYS[1])
return {'done'}
