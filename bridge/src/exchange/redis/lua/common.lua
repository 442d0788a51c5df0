-- Prepended to every script that works in the shard of an exchange. Every key has the prefix of the
-- one key that is declared, and so the same hash tag.
local GROUP = 'bridge'
local prefix = ARGV[1]

local function entry_key(entry)
  return prefix .. 'entry:' .. entry
end

local function stream_key(kind)
  return prefix .. 'work:' .. kind
end

-- Makes an entry available to the next worker.
local function offer(entry, kind)
  local id = redis.call('XADD', stream_key(kind), '*', 'n', entry)
  redis.call('HSET', entry_key(entry), 'i', id)
end

-- Makes an entry available once its time has come.
local function put_off(entry, kind, due)
  redis.call('ZADD', prefix .. 'later', due, kind .. '/' .. entry)
end

-- Takes an entry out of its stream. XDEL with the XACK: streams are never trimmed.
local function withdraw(entry, kind)
  local id = redis.call('HGET', entry_key(entry), 'i')
  if id then
    redis.call('XACK', stream_key(kind), GROUP, id)
    redis.call('XDEL', stream_key(kind), id)
    redis.call('HDEL', entry_key(entry), 'i')
  end
end

local function is_held(entry, holder)
  return redis.call('HGET', entry_key(entry), 'h') == holder
end

-- Removes an entry whatever it is doing.
local function drop(entry, kind, exchange)
  withdraw(entry, kind)
  redis.call('ZREM', prefix .. 'later', kind .. '/' .. entry)
  redis.call('ZREM', prefix .. 'dead', entry)
  redis.call('SREM', prefix .. 'own:' .. exchange, entry)
  redis.call('DEL', entry_key(entry))
end

local function bury(entry, kind, reason, now)
  withdraw(entry, kind)
  redis.call('HSET', entry_key(entry), 'r', reason, 't', now)
  redis.call('HDEL', entry_key(entry), 'h')
  redis.call('ZADD', prefix .. 'dead', now, entry)
end

-- Offers every entry whose time has come.
local function promote(now)
  local due = redis.call('ZRANGEBYSCORE', prefix .. 'later', '-inf', now, 'LIMIT', 0, 64)
  for _, member in ipairs(due) do
    local kind, entry = string.match(member, '^(.-)/(.*)$')
    redis.call('ZREM', prefix .. 'later', member)
    offer(entry, kind)
  end
end

local function next_due()
  local first = redis.call('ZRANGE', prefix .. 'later', 0, 0, 'WITHSCORES')
  return first[2] or ''
end
