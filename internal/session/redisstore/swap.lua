-- swap: replace a record if it still has the revision that the caller saw, keep
-- the index true to it, and tell of it.
--
-- The keys and arguments are named here, in the order of swapKeys and swapArgs in
-- swap.go, and nowhere else by number.
--
-- Keys: the record; its parts hash; the owner's live sessions; when to forget
-- which session; the sessions in each state, by last activity, in the order of
-- Go's `states` (4 and up are finished); the events; the outbox; the bytes of the
-- owner's day; the sessions that are completed when they are whole, by when they
-- are probed; what this operation dropped.
--
-- Arguments: from, the revision before, or 0 to create; lease and keep in ms, or
-- 0; urls_expire, in ms; member of the sets; owned, quiet (to leave the last
-- activity as it was) and begins (a recording begins, which Redis refuses
-- where its memory is full) are '1' or '0'; event, or ''; notice, its ID, or ''
-- if nobody has to be told; most_live sessions and most_bytes of the owner's
-- day, or 0; size of the object that is to count to the owner's day, or 0; probe_at in
-- ms, or 0.
-- part_size, parts, most_live and most_bytes count at creation only.
--
-- Replies {'ok', now, record, the notices that were dropped}, {'stale', now,
-- revision}, {'full', now, {live sessions, bytes}}, {'none', now}, {'finished',
-- now} where it would come back to life, or {'unreadable', now}.
--
-- go-redis sends a script again when the reply got lost, and then the revision
-- has moved on by this script's own doing. So the record keeps the operation
-- that made it: whoever made it is told so, however often it asks. A report in
-- between has an operation of its own and does not hide it.

local record_key, parts_key, live, forget = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local in_state = {KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]}
local events, outbox, day, whole, dropped_key = KEYS[11], outbox_of(12), KEYS[19], KEYS[20], KEYS[21]
local operation, from, state, lease, keep, urls_expire, body, member, owned, part_size, parts, quiet, event, notice,
  most_live, most_bytes, size, begins, probe_at = unpack(ARGV)
from, state, lease, keep = tonumber(from), tonumber(state), tonumber(lease), tonumber(keep)

-- How many events and notices there may be of one tag. Past it some go, notices
-- undelivered. With a name of 60 bytes and nothing missing an event takes 160
-- bytes and a notice 720: 11 MB and 460 MB where all tags are full.
local EVENTS, NOTICES = 1000, 10000

-- SAMPLE is how many notices are looked at for whose they are.
local SAMPLE = 32

-- oldest_of_most looks at some of a set, of all ages, and returns the oldest of the
-- owner who has most of these; nil where the set is empty. So who fills the outbox
-- loses what fills it, and not who waits for longest.
local function oldest_of_most(set)
  local n = redis.call('ZCARD', set)
  if n == 0 then return nil end
  local ids, step = {}, math.max(1, n / SAMPLE)
  for i = 1, math.min(n, SAMPLE) do
    local rank = math.floor((i - 1) * step)
    ids[i] = redis.call('ZRANGE', set, rank, rank)[1]
  end
  local whose = redis.call('HMGET', outbox.whose, unpack(ids))
  local many, most, oldest = {}, 0, {}
  for i, id in ipairs(ids) do
    local owner = whose[i] or ''
    many[owner], oldest[owner] = (many[owner] or 0) + 1, oldest[owner] or id
    most = math.max(most, many[owner])
  end
  for i in ipairs(ids) do
    local owner = whose[i] or ''
    if many[owner] == most then return oldest[owner] end
  end
end

-- queue puts an event into the outbox, due at once, and returns the IDs of what
-- there is no room for. Aborts go first, and have half of the room at most, as
-- they cost an attacker the least.
local function queue(id, text, at, now)
  local dropped = {}
  local function drop(gone)
    if forget_notice(outbox, gone) then dropped[#dropped + 1] = gone end
  end
  local is_abort = string.sub(id, -8) == '-aborted'
  if is_abort and redis.call('ZCARD', outbox.happened) >= NOTICES / 2 then
    local gone = oldest_of_most(outbox.aborts)
    if not gone then return {id} end
    drop(gone)
  end
  redis.call('ZADD', outbox.due, now, id)
  redis.call('ZADD', outbox.happened, at, id)
  redis.call('HSET', outbox.notices, id, '- 0\n' .. text) -- see take.lua
  redis.call('HSET', outbox.whose, id, string.sub(redis.sha1hex(live), 1, 10)) -- the key has the owner in its name
  if is_abort then redis.call('ZADD', outbox.aborts, at, id) end
  for _ = NOTICES + 1, redis.call('ZCARD', outbox.happened) do
    drop(oldest_of_most(outbox.aborts) or oldest_of_most(outbox.happened))
  end
  return dropped
end

local now = now_ms()

local stored = redis.call('GET', record_key)
local r
if stored then
  r = parse(stored)
  if not r then return {'unreadable', now} end
  if r.swap_op == operation then return {'ok', now, stored, redis.call('LRANGE', dropped_key, 0, -1)} end
  if r.revision ~= from then return {'stale', now, r.revision} end
  if r.state >= 4 and state <= 3 then return {'finished', now} end
  redis.call('ZREM', in_state[r.state], member)
  if r.state <= 3 then count(now, day, tonumber(size) - r.bytes) end
else
  if from ~= 0 then return {'none', now} end
  local full = room(now, live, day, tonumber(most_live), tonumber(most_bytes))
  if full then return full end
  r = {revision = 0, active = 0, indexed = 0, used = 0, ahead = 0, report_op = '-', count = 0, bytes = 0, part_size = tonumber(part_size), where = 'i', parts = ''}
  -- Redis judges a script by its first write. This one changes nothing, and is
  -- refused where memory is full; DEL and ZREM, here and above, are not.
  if begins == '1' then redis.call('SETRANGE', record_key, 0, '') end
  redis.call('DEL', parts_key)
  for i = 4, 6 do redis.call('ZREM', in_state[i], member) end -- Redis may have forgotten one of this name just now
  note(r, parts, parts_key)
end

r.revision, r.state, r.swap_op = math.max(r.revision + 1, now), state, operation -- no number twice
if quiet ~= '1' or from == 0 then
  r.active = math.max(r.active, now) -- a replica that took over may lag
  r.indexed = r.active
end
if state >= 4 then -- nobody asks for the parts of what is finished
  redis.call('UNLINK', parts_key)
  r.where, r.parts = 'i', ''
end
r.lease = lease > 0 and now + lease or 0
r.urls, r.body = tonumber(urls_expire), body
local record = format(r)

if keep > 0 then
  redis.call('SET', record_key, record, 'PX', keep)
  redis.call('ZADD', forget, now + keep, member)
else
  redis.call('SET', record_key, record)
  redis.call('ZREM', forget, member)
end
redis.call('ZADD', in_state[state], r.indexed, member)

if probe_at ~= '0' and state == 1 then
  redis.call('ZADD', whole, probe_at, member)
elseif probe_at ~= '0' then
  redis.call('ZREM', whole, member)
end

-- The owner's set has no scores: a listing joins it with the states' sets. So
-- it stays small, a report need not touch it, and its size is how many
-- sessions the owner has open.
if owned == '1' then
  if state <= 3 then
    redis.call('ZADD', live, 0, member)
  else
    redis.call('ZREM', live, member)
  end
end

-- An event's time is that of its place in the stream, which never goes back.
-- ~ lets Redis drop whole nodes of the stream, 100 events at a time.
local dropped = {}
if event ~= '' then
  local at = string.match(redis.call('XADD', events, 'MAXLEN', '~', EVENTS, '*', 'event', event), '^%d+')
  if notice ~= '' then dropped = queue(notice, event, at, now) end
end
if #dropped > 0 then -- to be told in any case, if this is sent again
  redis.call('RPUSH', dropped_key, unpack(dropped))
  redis.call('PEXPIRE', dropped_key, 60 * 1000)
end

-- Redis forgets the records by itself; their index entries go here, a few at a
-- time. Every swap adds at most one, so this keeps up.
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', forget, '-inf', now, 'LIMIT', 0, 16)) do
  redis.call('ZREM', forget, gone)
  for i = 4, 6 do redis.call('ZREM', in_state[i], gone) end
end
return {'ok', now, record, dropped}
