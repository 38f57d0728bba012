-- admit: return a record or, where there is none, say whether its owner may open
-- another session. It writes nothing.
--
-- KEYS  1 record, 2 the owner's live sessions, 3 the bytes of the owner's day
-- ARGV  1 most live sessions or 0, 2 most bytes a day or 0
--
-- Replies {'ok', now, record}, {'full', now, {live sessions, bytes}} or
-- {'none', now}.

local now = now_ms()
local stored = redis.call('GET', KEYS[1])
if stored then return {'ok', now, stored} end
return room(now, KEYS[2], KEYS[3], tonumber(ARGV[1]), tonumber(ARGV[2])) or {'none', now}
