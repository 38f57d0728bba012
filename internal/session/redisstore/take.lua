-- take: count a try of each notice that is due, and keep it from everybody else
-- for a while.
--
-- KEYS  1 when due, 2 when it happened, 3 the notices
-- ARGV  1 operation, 2 hold in ms, 3.. IDs
--
-- Replies {'ok', now, {ID, at in ms, tries before, event, ...}}.
--
-- A notice is "operation tries\nevent": the operation that took it last, and
-- how often it was taken. Sent again after a lost reply the script finds its
-- own operation there, and hands out the same once more.

local operation, hold = ARGV[1], tonumber(ARGV[2])
local now = now_ms()
local taken = {}
for i = 3, #ARGV do
  local id = ARGV[i]
  local due, at, notice = redis.call('ZSCORE', KEYS[1], id), redis.call('ZSCORE', KEYS[2], id), redis.call('HGET', KEYS[3], id)
  if due and at and notice then
    local _, head, by, tries = string.find(notice, '^(%S+) (%d+)\n')
    local event = string.sub(notice, head + 1)
    tries = tonumber(tries)
    if by ~= operation and tonumber(due) <= now then
      by, tries = operation, tries + 1
      redis.call('ZADD', KEYS[1], now + hold, id)
      redis.call('HSET', KEYS[3], id, string.format('%s %.0f\n', by, tries) .. event)
    end
    if by == operation then
      for _, value in ipairs({id, tonumber(at), tries - 1, event}) do taken[#taken + 1] = value end
    end
  end
end
return {'ok', now, taken}
