-- swap: replace a record if it still has the revision that the caller saw, keep
-- the index true to it, and tell of it.
--
-- KEYS  1 record, 2 parts hash, 3 the owner's live sessions, 4 when to forget,
--       5..10 the sessions in each state, by last activity; states are 1..6 in
--       the order of Go's `states`, 4 and up are finished; 11 the events,
--       12..14 the outbox: when due, when it happened, the notices; 15 the
--       bytes of the owner's day
-- ARGV  1 operation, 2 from revision (0: create), 3 state, 4 lease in ms or 0,
--       5 keep in ms or 0, 6 URLs expire at in ms, 7 body, 8 member of the
--       sets, 9 '1' if there is an owner, 10 part size, 11 parts; these two
--       count at creation only; 12 '1' to leave the last activity as it was,
--       13 event or '', 14 its ID, or '' if nobody has to be told;
--       15 most live sessions of the owner, or 0, 16 most bytes of its day, or
--       0; these two count at creation only; 17 the size of the object that is
--       to count to the owner's day, or 0
--
-- Replies {'ok', now, record}, {'stale', now, revision}, {'full', now, {live
-- sessions, bytes}}, {'none', now} or {'unreadable', now}.
--
-- go-redis sends a script again when the reply got lost, and then the revision
-- has moved on by this script's own doing. So the record keeps the operation
-- that made it: whoever made it is told so, however often it asks. A report in
-- between has an operation of its own and does not hide it.

-- How many events and notices there may be of one tag. Past it the oldest go,
-- notices undelivered. With a name of 60 bytes and nothing missing an event
-- takes 160 bytes and a notice 550: 11 MB and 350 MB where all tags are full.
local EVENTS, NOTICES = 1000, 10000

-- queue puts an event into the outbox, due at once.
local function queue(id, event, at, now)
  redis.call('ZADD', KEYS[12], now, id)
  redis.call('ZADD', KEYS[13], at, id)
  redis.call('HSET', KEYS[14], id, '- 0\n' .. event) -- see take.lua
  for _, oldest in ipairs(redis.call('ZRANGE', KEYS[13], 0, -1 - NOTICES)) do
    redis.call('ZREM', KEYS[12], oldest)
    redis.call('ZREM', KEYS[13], oldest)
    redis.call('HDEL', KEYS[14], oldest)
  end
end

local operation, from, state = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lease, keep, member = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[8]
local now = now_ms()

local stored = redis.call('GET', KEYS[1])
local r
if stored then
  r = parse(stored)
  if not r then return {'unreadable', now} end
  if r.swap_op == operation then return {'ok', now, stored} end
  if r.revision ~= from then return {'stale', now, r.revision} end
  redis.call('ZREM', KEYS[4 + r.state], member)
  if r.state <= 3 then count(now, KEYS[15], tonumber(ARGV[17]) - r.bytes) end
else
  if from ~= 0 then return {'none', now} end
  local full = room(now, KEYS[3], KEYS[15], tonumber(ARGV[15]), tonumber(ARGV[16]))
  if full then return full end
  r = {revision = 0, active = 0, report_op = '-', count = 0, bytes = 0, part_size = tonumber(ARGV[10]), where = 'i', parts = ''}
  redis.call('DEL', KEYS[2])
  for i = 8, 10 do redis.call('ZREM', KEYS[i], member) end -- Redis may have forgotten one of this name just now
  note(r, ARGV[11], KEYS[2])
end

r.revision, r.state, r.swap_op = math.max(r.revision + 1, now), state, operation -- no number twice
if ARGV[12] ~= '1' or from == 0 then
  r.active = math.max(r.active, now) -- a replica that took over may lag
end
r.lease = lease > 0 and now + lease or 0
r.urls, r.body = tonumber(ARGV[6]), ARGV[7]
local record = format(r)

if keep > 0 then
  redis.call('SET', KEYS[1], record, 'PX', keep)
  redis.call('PEXPIRE', KEYS[2], keep)
  redis.call('ZADD', KEYS[4], now + keep, member)
else
  redis.call('SET', KEYS[1], record)
  redis.call('PERSIST', KEYS[2])
  redis.call('ZREM', KEYS[4], member)
end
redis.call('ZADD', KEYS[4 + state], r.active, member)

-- The owner's set has no scores: a listing joins it with the states' sets. So
-- it stays small, a report need not touch it, and its size is how many
-- sessions the owner has open.
if ARGV[9] == '1' then
  if state <= 3 then
    redis.call('ZADD', KEYS[3], 0, member)
  else
    redis.call('ZREM', KEYS[3], member)
  end
end

-- An event's time is that of its place in the stream, which never goes back.
-- ~ lets Redis drop whole nodes of the stream, 100 events at a time.
if ARGV[13] ~= '' then
  local at = string.match(redis.call('XADD', KEYS[11], 'MAXLEN', '~', EVENTS, '*', 'event', ARGV[13]), '^%d+')
  if ARGV[14] ~= '' then queue(ARGV[14], ARGV[13], at, now) end
end

-- Redis forgets the records by itself; their index entries go here, a few at a
-- time. Every swap adds at most one, so this keeps up.
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, 16)) do
  redis.call('ZREM', KEYS[4], gone)
  for i = 8, 10 do redis.call('ZREM', KEYS[i], gone) end
end
return {'ok', now, record}
