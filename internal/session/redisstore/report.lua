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
local session = {key = KEYS[4], per_second = tonumber(rate), burst = tonumber(burst)}
local owner = {key = KEYS[5], per_second = tonumber(owner_rate), burst = tonumber(owner_burst)}

-- INDEX_EVERY is how far the index may be behind, in ms.
local INDEX_EVERY = 10000

-- AHEAD is how much of its owner's rate a session takes at a time, so that it has to
-- note that less often. It does so where it asks for little, and where not half of
-- the owner's burst is used up: nobody is refused because of it.
local AHEAD = 16

-- owner_lets says what a cost makes of the owner's rate: until when it is used up, 0 if
-- r has paid ahead, and by how much that is too long.
local function owner_lets(now, r, cost)
  if cost <= r.ahead then
    r.ahead = r.ahead - cost
    return 0, 0
  end
  local due = cost - r.ahead
  r.ahead = 0
  if due < AHEAD and AHEAD <= owner.burst / 1000 then
    local used, over = after(now, AHEAD, owner, owner.used)
    if -over * 2 >= owner.burst * 1e6 / owner.per_second then
      r.ahead = AHEAD - due
      return used, over
    end
  end
  return after(now, due, owner, owner.used)
end

local now = now_ms()

local stored, by_looks, by_owner = nil, nil, nil
if operation ~= '' or look > 0 then
  stored, by_looks, by_owner = unpack(redis.call('MGET', record_key, session.key, owner.key))
end
stored = stored or redis.call('GET', record_key) -- MGET has no word for a key of another type
local r = stored and parse(stored)
local as_it_is = not stored and {'none', now} or not r and {'unreadable', now} or {'ok', now, stored}
local notes = r and operation ~= '' and operation ~= r.report_op and r.state == 1
if not notes and look == 0 then return as_it_is end

cost = tonumber(cost)
session.used, owner.used = math.max(tonumber(by_looks) or 0, r and r.used or 0), tonumber(by_owner) or 0
if look > 0 then
  if r and r.state <= 3 then cost = cost + math.floor(r.count / look) end -- 4 and up are finished: their parts are gone
  return take(now, cost, session, owner) or as_it_is
end

local used, over = after(now, cost, session, session.used)
if over > 0 then return too_soon(now, 1, over) end
r.used = math.max(r.used, used)
used, over = owner_lets(now, r, cost)
if over > 0 then return too_soon(now, 2, over) end

local bytes = r.bytes
note(r, parts, parts_key)
r.revision, r.report_op = math.max(r.revision + 1, now), operation -- no number twice
r.active = math.max(r.active, now)
r.urls = math.max(r.urls, tonumber(urls_expire))
local moves = r.active - r.indexed >= INDEX_EVERY
if moves then r.indexed = r.active end
local record = format(r)
write('SET', record_key, record) -- an open one has no time to live; and whoever records may go on
spend(now, owner, used)
if counts == '1' then count(now, day, r.bytes - bytes) end
if moves then redis.call('ZADD', open, r.indexed, member) end
if announced > 0 and (r.bytes >= announced or parts == '' and urls_expire == '0') then
  redis.call('ZADD', whole, 'LT', now, member) -- LT also adds it, if Redis forgot it
end
return {'ok', now, record}
