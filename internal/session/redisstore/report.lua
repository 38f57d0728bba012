-- report: note parts and a sign of life while the session is open, and return
-- the record. With the operation '' it only reads: then it is the record
-- together with the time on the very node that keeps its lease.
--
-- KEYS  1 record, 2 parts hash, 3 the open sessions by last activity
-- ARGV  1 operation or '', 2 URLs expire at in ms or 0, 3 parts, 4 member
--
-- Replies {'ok', now, record}, {'none', now} or {'unreadable', now}.
--
-- Sent again after a lost reply it finds its operation in the record and
-- changes nothing. If another report came in between it is noted again, which
-- counts no part twice.

local operation = ARGV[1]
local now = now_ms()

local stored = redis.call('GET', KEYS[1])
if not stored then return {'none', now} end
local r = parse(stored)
if not r then return {'unreadable', now} end
if operation == '' or operation == r.report_op or r.state ~= 1 then return {'ok', now, stored} end

note(r, ARGV[3], KEYS[2])
r.revision, r.report_op = math.max(r.revision + 1, now), operation -- no number twice
r.active = math.max(r.active, now)
r.urls = math.max(r.urls, tonumber(ARGV[2]))
local record = format(r)
redis.call('SET', KEYS[1], record) -- only a finished one has a time to live
redis.call('ZADD', KEYS[3], r.active, ARGV[4])
return {'ok', now, record}
