-- take: count a try of each notice whose turn it is, and keep it from everybody
-- else for a while.
--
-- KEYS  the outbox
-- ARGV  1 operation, 2 hold in ms, 3.. IDs
--
-- Replies {'ok', now, {ID, at in ms, tries before, event, ...}}.
--
-- A notice is "operation tries\nevent": the operation that took it last, and
-- how often it was taken. Sent again after a lost reply the script finds its
-- own operation there, and hands out the same once more.

local operation, hold = ARGV[1], tonumber(ARGV[2])
local now = now_ms()
local o = outbox_of(1)
local taken = {}
go_on(o.due)
for i = 3, #ARGV do
  local id = ARGV[i]
  local due, at, notice = redis.call('ZSCORE', o.due, id), redis.call('ZSCORE', o.happened, id), redis.call('HGET', o.notices, id)
  if due and at and notice then
    local _, head, by, tries = string.find(notice, '^(%S+) (%d+)\n')
    local event = string.sub(notice, head + 1)
    tries = tonumber(tries)
    local is_ready = redis.call('ZREM', o.ready, id) == 1 -- nobody else took it since its turn was seen
    if by ~= operation and (is_ready or tonumber(due) <= now) then
      by, tries = operation, tries + 1
      redis.call('ZADD', o.due, now + hold, id)
      redis.call('HSET', o.notices, id, string.format('%s %.0f\n', by, tries) .. event)
    end
    if by == operation then
      for _, value in ipairs({id, tonumber(at), tries - 1, event}) do taken[#taken + 1] = value end
    end
  else
    forget_notice(o, id) -- a broker of before forgot it, as far as it knew
  end
end
return {'ok', now, taken}
