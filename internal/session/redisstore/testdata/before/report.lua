-- report: note parts and a sign of life while the session is open, and return
-- the record. With the operation '' it only reads: then it is the record
-- together with the time on the very node that keeps its lease. A look only
-- reads, too, and takes its cost whatever is there.
--
-- The keys and arguments are named here, in the order of reportCall and reportArgs
-- in report.go, and nowhere else by number.
--
-- Keys: the record; its parts hash; the open sessions by last activity; until
-- when the session's rate is used up, and its owner's; the bytes of the
-- owner's day; the sessions that are completed when they are whole.
--
-- Arguments: operation, or ''; urls_expire in ms, or 0; parts; member of the
-- sets; cost; the session's rate per second, or 0, and its burst; the same of its
-- owner; counts is '1' to count bytes to the owner's day; look is how many parts
-- of a session that is not finished a look has for one more of cost, or 0 if
-- this is none; announced is how many bytes a session has that is completed when
-- it is whole, or 0.
--
-- Replies {'ok', now, record}, {'soon', now, {1 for the session's rate or 2 for
-- the owner's, ms}}, {'none', now} or {'unreadable', now}.
--
-- Sent again after a lost reply it finds its operation in the record and
-- changes nothing. If another report came in between it is noted again, which
-- counts no part twice, and takes its cost again, as a call of its own would; so
-- does a look. One that came too soon has changed nothing, and is looked at anew.

local record_key, parts_key, open, day, whole = KEYS[1], KEYS[2], KEYS[3], KEYS[6], KEYS[7]
local operation, urls_expire, parts, member, cost, rate, burst, owner_rate, owner_burst, counts, look, announced = unpack(ARGV)
look, announced = tonumber(look), tonumber(announced)

local now = now_ms()

local stored = redis.call('GET', record_key)
local r = stored and parse(stored)
local as_it_is = not stored and {'none', now} or not r and {'unreadable', now} or {'ok', now, stored}
local notes = r and operation ~= '' and operation ~= r.report_op and r.state == 1
if not notes and look == 0 then return as_it_is end

cost = tonumber(cost)
if look > 0 and r and r.state <= 3 then cost = cost + math.floor(r.count / look) end -- 4 and up are finished: their parts are gone
local soon = take(now, cost,
  {key = KEYS[4], per_second = tonumber(rate), burst = tonumber(burst)},
  {key = KEYS[5], per_second = tonumber(owner_rate), burst = tonumber(owner_burst)})
if soon or not notes then return soon or as_it_is end
go_on(record_key) -- an open one; and whoever records may go on

local bytes = r.bytes
note(r, parts, parts_key)
if counts == '1' then count(now, day, r.bytes - bytes) end
r.revision, r.report_op = math.max(r.revision + 1, now), operation -- no number twice
r.active = math.max(r.active, now)
r.urls = math.max(r.urls, tonumber(urls_expire))
local record = format(r)
redis.call('SET', record_key, record) -- only a finished one has a time to live
redis.call('ZADD', open, r.active, member)
if announced > 0 and (r.bytes >= announced or parts == '' and urls_expire == '0') then
  redis.call('ZADD', whole, 'LT', now, member) -- LT also adds it, if Redis forgot it
end
return {'ok', now, record}
