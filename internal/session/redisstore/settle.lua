-- settle: forget a notice, or make it due again.
--
-- KEYS  the outbox
-- ARGV  1 ID, 2 wait in ms, or '' to forget
--
-- Replies {'ok', now}. A notice that is gone stays gone.

local now = now_ms()
local o = outbox_of(1)
go_on(o.due)
if ARGV[2] == '' then
  forget_notice(o, ARGV[1])
else
  redis.call('ZREM', o.ready, ARGV[1])
  redis.call('ZADD', o.due, 'XX', now + tonumber(ARGV[2]), ARGV[1])
end
return {'ok', now}
