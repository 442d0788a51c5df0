-- Looks a whole shard over. KEYS[1]: any key of it. Answers when the next entry is due, then the
-- kinds that have entries, taken ones included: a taken one may be stuck.
local now = ARGV[2]

promote(now)
local found = {next_due()}
for number = 3, #ARGV do
  if redis.call('XLEN', stream_key(ARGV[number])) > 0 then found[#found + 1] = ARGV[number] end
end
return found
