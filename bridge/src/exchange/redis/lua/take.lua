-- Takes one entry of a kind, with its exchange. KEYS[1]: the stream of the kind.
local kind, worker, now, idle, holder = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local stream = KEYS[1]

promote(now)

-- New work first; then work whose worker has shown no sign of life for the length of a lease.
local function next_message()
  local got = redis.call('XREADGROUP', 'GROUP', GROUP, worker, 'COUNT', 1, 'STREAMS', stream, '>')
  if got and got[1] then return got[1][2][1] end
  local cursor = '0-0'
  repeat
    local claimed = redis.call('XAUTOCLAIM', stream, GROUP, worker, idle, cursor, 'COUNT', 1)
    if claimed[2][1] then return claimed[2][1] end
    cursor = claimed[1]
  until cursor == '0-0'
end

for _ = 1, 64 do
  local message = next_message()
  if not message then return {'none', next_due()} end
  local id, entry = message[1], message[2][2]
  local row = redis.call('HMGET', entry_key(entry), 'x', 'd', 'a')
  if row[1] then
    redis.call('HSET', entry_key(entry), 'h', holder, 'i', id)
    -- Counted here and not by the stream: an entry that is put back was not delivered.
    local deliveries = redis.call('HINCRBY', entry_key(entry), 'n', 1)
    local blames = redis.call('HGET', entry_key(entry), 'b') or '0'
    local exchange = redis.call('HMGET', prefix .. 'exchange:' .. row[1], 'r', 'o', 'k', 'c')
    local unread = redis.call('XLEN', stream) - redis.call('XPENDING', stream, GROUP)[1]
    return {
      'taken', entry, row[1], row[2], row[3], tostring(deliveries), tostring(unread), next_due(),
      exchange[1], exchange[2], exchange[3], exchange[4], blames,
    }
  end
  -- Its exchange was forgotten meanwhile.
  redis.call('XACK', stream, GROUP, id)
  redis.call('XDEL', stream, id)
end
return {'none', next_due()}
