-- report: note parts and a sign of life while the session is open, and return
-- the record. With the operation '' it only reads: then it is the record
-- together with the time on the very node that keeps its lease.
--
-- KEYS  1 record, 2 parts hash, 3 the open sessions by last activity, 4 until
--       when the session's rate is used up, 5 so for its owner's, 6 the bytes
--       of the owner's day
-- ARGV  1 operation or '', 2 URLs expire at in ms or 0, 3 parts, 4 member,
--       5 what it costs, 6 the session's rate per second or 0, 7 its burst,
--       8 the owner's, 9 its burst, 10 '1' to count bytes to the owner's day
--
-- Replies {'ok', now, record}, {'soon', now, {1 for the session's rate or 2 for
-- the owner's, ms}}, {'none', now} or {'unreadable', now}.
--
-- Sent again after a lost reply it finds its operation in the record and
-- changes nothing. If another report came in between it is noted again, which
-- counts no part twice, and takes its cost again, as a call of its own would. One
-- that came too soon has changed nothing, and is looked at anew.

local operation = ARGV[1]
local now = now_ms()

local stored = redis.call('GET', KEYS[1])
if not stored then return {'none', now} end
local r = parse(stored)
if not r then return {'unreadable', now} end
if operation == '' or operation == r.report_op or r.state ~= 1 then return {'ok', now, stored} end

-- after returns how long the cost of this report has a rate used up, in whole
-- µs from now, and how much longer that is than the burst allows. This is GCRA,
-- the virtual scheduling of ITU-T I.371; the key ends when the rate is whole
-- again, so nobody who is slow has one.
local function after(key, per_second, burst)
  if per_second == 0 then return 0, 0 end
  local bound = math.floor(burst * 1e6 / per_second)
  local used = math.max(tonumber(redis.call('GET', key) or 0) - now * 1000, 0)
  used = math.min(used, bound) -- more only where the clock went back
    + math.floor(ARGV[5] * 1e6 / per_second)
  return used, used - bound
end

local used = {}
for i = 1, 2 do
  local over
  used[i], over = after(KEYS[3 + i], tonumber(ARGV[4 + 2 * i]), tonumber(ARGV[5 + 2 * i]))
  if over > 0 then return {'soon', now, {i, math.ceil(over / 1000)}} end
end
for i = 1, 2 do
  if used[i] > 0 then
    redis.call('SET', KEYS[3 + i], string.format('%.0f', now * 1000 + used[i]), 'PX', math.ceil(used[i] / 1000))
  end
end

local bytes = r.bytes
note(r, ARGV[3], KEYS[2])
if ARGV[10] == '1' then count(now, KEYS[6], r.bytes - bytes) end
r.revision, r.report_op = math.max(r.revision + 1, now), operation -- no number twice
r.active = math.max(r.active, now)
r.urls = math.max(r.urls, tonumber(ARGV[2]))
local record = format(r)
redis.call('SET', KEYS[1], record) -- only a finished one has a time to live
redis.call('ZADD', KEYS[3], r.active, ARGV[4])
return {'ok', now, record}
