-- settle: forget a notice, or make it due again.
--
-- KEYS  1 when due, 2 when it happened, 3 the notices
-- ARGV  1 ID, 2 wait in ms, or '' to forget
--
-- Replies {'ok', now}. A notice that is gone stays gone.

local now = now_ms()
if ARGV[2] == '' then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('HDEL', KEYS[3], ARGV[1])
else
  redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[2]), ARGV[1])
end
return {'ok', now}
