-- admit: return a record or, where there is none, say whether its owner may open
-- another session. It takes a cost from the owner's rate, and writes nothing else.
--
-- KEYS  1 record, 2 the owner's live sessions, 3 the bytes of the owner's day,
--       4 until when the owner's rate is used up
-- ARGV  1 most live sessions or 0, 2 most bytes a day or 0, 3 cost, 4 the owner's
--       rate per second, or 0, 5 its burst
--
-- Replies {'ok', now, record}, {'full', now, {live sessions, bytes}},
-- {'soon', now, {2, ms}} or {'none', now}.
--
-- Sent again after a lost reply it takes its cost again.

local now = now_ms()
local owner = {key = KEYS[4], per_second = tonumber(ARGV[4]), burst = tonumber(ARGV[5])}
owner.used = owner.per_second > 0 and tonumber(redis.call('GET', owner.key)) or 0
local soon = take(now, tonumber(ARGV[3]), {per_second = 0}, owner)
if soon then return soon end
local stored = redis.call('GET', KEYS[1])
if stored then return {'ok', now, stored} end
return room(now, KEYS[2], KEYS[3], tonumber(ARGV[1]), tonumber(ARGV[2])) or {'none', now}
