-- What the scripts share; Go puts it in front of each.
--
-- A record is one string, so that it changes in one step and costs one key:
--
--   head "\n" body parts
--
-- The head is text, and all that the scripts read or write of it is in `head`
-- below. The body is Go's (record.go) and passes through untouched. Parts are
-- entries, one after another, written by Go (parts.go):
--
--   2 bytes    number, and two flags: 0x8000 the ETag is text, 0x4000 a size follows
--   5 bytes    size; left out where it is the session's part size
--   16 bytes   the MD5 that the ETag is; or 2 bytes of length and the text
--
-- Up to INLINE parts stand in the record. A longer recording has them in a
-- hash, number to entry, so that a report costs what it brings and not what
-- was there before.
local INLINE = 64

-- HSET and HMGET take their arguments from Lua's stack, which is limited
-- (8,000 in Redis); so long lists go in batches.
local BATCH = 1000

-- What a report leaves for the next report stands behind its operation:
--
--   operation;since;used;ahead
--
-- The head has the last activity as the index has it, which moves at most once in
-- 10 s. since is how many ms later the last activity really was. used is until when
-- reports have the session's rate used up, in µs from the head's time, or 0. ahead is
-- what the session has taken of its owner's rate and has not used yet. Older brokers
-- take all of this for an operation: they keep it, and their next report removes it.
local head = '^1 (%d+) (%d) (%d+) (%d+) (%d+) (%S+) (%S+) (%d+) (%d+) (%d+) ([ih]) (%d+)\n'

-- Redis' own clock, in ms. Leases and the index go by no broker's.
local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- go_on has Redis take what a script writes, though its memory is full: it
-- judges a script by its first write, and this one takes no memory. Nothing that
-- this is called for ever has a time to live. What begins a recording leaves it out.
local function go_on(key) redis.call('PERSIST', key) end

-- write writes to a key, and has Redis go on where its memory is full.
local function write(command, key, ...)
  local done = redis.pcall(command, key, ...)
  if type(done) ~= 'table' or not done.err then return done end
  go_on(key)
  return redis.call(command, key, ...)
end

-- parse returns nil for a record that is not ours.
local function parse(record)
  local from, to, revision, state, indexed, urls, lease, swap_op, reported, count, bytes, part_size, where, length = string.find(record, head)
  if not from or #record < to + length then return nil end
  local report_op, since, used, ahead = string.match(reported, '^([^;]+);(%d+);(-?%d+);(%d+)$')
  indexed, used = tonumber(indexed), tonumber(used or 0)
  return {
    revision = tonumber(revision), state = tonumber(state),
    active = indexed + tonumber(since or 0), indexed = indexed, urls = tonumber(urls), lease = tonumber(lease), -- ms; 0: none
    used = used ~= 0 and indexed * 1000 + used or 0, ahead = tonumber(ahead or 0), -- used: µs
    swap_op = swap_op, report_op = report_op or reported, -- the last of either; see swap.lua
    count = tonumber(count), bytes = tonumber(bytes), part_size = tonumber(part_size),
    where = where, -- parts are i: inline, h: in the hash
    body = string.sub(record, to + 1, to + length),
    parts = string.sub(record, to + 1 + length),
  }
end

local function format(r)
  local since, used, reported = r.active - r.indexed, r.used > 0 and r.used - r.indexed * 1000 or 0, r.report_op
  if since > 0 or used ~= 0 or r.ahead > 0 then reported = string.format('%s;%.0f;%.0f;%.0f', reported, since, used, r.ahead) end
  return string.format('1 %.0f %.0f %.0f %.0f %.0f %s %s %.0f %.0f %.0f %s %.0f\n',
    r.revision, r.state, r.indexed, r.urls, r.lease, r.swap_op, reported, r.count, r.bytes, r.part_size, r.where, #r.body)
    .. r.body .. r.parts
end

-- entry reads the entry at byte i of s: number, size, where the next begins, and
-- its bytes as they are kept. A size that is the session's part size is left out
-- of the bytes: most are.
local function entry(s, i, part_size)
  local hi, lo = string.byte(s, i, i + 1)
  local number, size, at = hi % 64 * 256 + lo, part_size, i + 2
  if hi % 128 >= 64 then
    local a, b, c, d, e = string.byte(s, at, at + 4)
    size, at = (((a * 256 + b) * 256 + c) * 256 + d) * 256 + e, at + 5
  end
  local next = at + 16
  if hi >= 128 then
    local a, b = string.byte(s, at, at + 1)
    next = at + 2 + a * 256 + b
  end
  if at > i + 2 and size == part_size then
    return number, size, next, string.char(hi - 64, lo) .. string.sub(s, at, next - 1)
  end
  return number, size, next, string.sub(s, i, next - 1)
end

-- place returns where a number is in s, or belongs: the byte, and that of the
-- first entry behind it; and its size, if it is there. It looks from byte i on.
local function place(s, number, i, part_size)
  local byte, length = string.byte, #s
  while i <= length do
    local hi, lo = byte(s, i, i + 1)
    local n, size, next = hi * 256 + lo, part_size, i + 18
    if hi >= 64 then n, size, next = entry(s, i, part_size) end -- most have no flags
    if n == number then return i, next, size end
    if n > number then break end
    i = next
  end
  return i, i
end

-- tally counts a part of r; before is the size it had so far, if any.
local function tally(r, size, before)
  if before then
    r.bytes = r.bytes - before
  else
    r.count = r.count + 1
  end
  r.bytes = r.bytes + size
end

-- note_inline puts the entries of s among those in the record, in the order of
-- their numbers: the same parts make the same record. Those stay one string,
-- as taking 60 apart for one that is new was most of a report's time. It
-- returns the entries that there is no room for.
local function note_inline(r, s)
  local i, at, last = 1, 1, 0
  while i <= #s do
    local number, size, next, bytes = entry(s, i, r.part_size)
    if number < last then at = 1 end
    local from, to, before = place(r.parts, number, at, r.part_size)
    if not before and r.count == INLINE then break end
    r.parts = string.sub(r.parts, 1, from - 1) .. bytes .. string.sub(r.parts, to)
    tally(r, size, before)
    i, at, last = next, from, number
  end
  return string.sub(s, i)
end

-- note_hashed puts the entries of s into the hash. Where Redis evicted that,
-- nothing was reported, and they are counted anew.
local function note_hashed(r, s, hash)
  if redis.call('EXISTS', hash) == 0 then r.count, r.bytes = 0, 0 end
  local i = 1
  while i <= #s do
    local numbers, sizes, fields = {}, {}, {}
    repeat
      local number, size, next, bytes = entry(s, i, r.part_size)
      local n = #numbers + 1
      numbers[n], sizes[n], fields[2 * n - 1], fields[2 * n] = number, size, number, bytes
      i = next
    until i > #s or n == BATCH
    local before = {} -- sizes by number
    for n, stored in ipairs(redis.call('HMGET', hash, unpack(numbers))) do
      if stored then
        local _, size = entry(stored, 1, r.part_size)
        before[numbers[n]] = size
      end
    end
    for n, number in ipairs(numbers) do
      tally(r, sizes[n], before[number])
      before[number] = sizes[n]
    end
    write('HSET', hash, unpack(fields))
  end
end

-- note adds the parts in s to r: the last word on a number holds, and count
-- and bytes follow from the difference. Noting the same again changes nothing.
local function note(r, s, hash)
  if r.where == 'i' then
    s = note_inline(r, s)
    if s == '' then return end
    s = r.parts .. s -- all go to the hash
    r.where, r.parts = 'h', ''
  end
  note_hashed(r, s, hash)
end

-- Midnight UTC after now; the epoch began with one.
local DAY = 86400000
local function midnight(now) return now - now % DAY + DAY end

-- room says what stands against another open session: nil, or the reply. Zero
-- bounds nothing. It returns how many the owner has, and the bytes of its day.
local function room(now, sessions, day, most, daily)
  if most == 0 and daily == 0 then return nil end
  local open, today = redis.call('ZCARD', sessions), tonumber(redis.call('GET', day) or 0)
  if most > 0 and open >= most or daily > 0 and today >= daily then return {'full', now, {open, today}} end
  return nil
end

-- count adds to an owner's day. The key ends with the day, so that it is always
-- today's. Its callers derive the bytes from how they change a record in the
-- same step: executed again they find no change, and count nothing.
local function count(now, day, bytes)
  if bytes <= 0 then return end
  if redis.call('INCRBY', day, string.format('%.0f', bytes)) == bytes then -- the day's first
    redis.call('PEXPIREAT', day, string.format('%.0f', midnight(now)))
  end
end

-- after returns until when a cost has a rate used up, in µs, and how much longer that
-- is than the burst allows; so far it was used up until used. This is GCRA, the
-- virtual scheduling of ITU-T I.371. A rate of 0 per second bounds nothing.
local function after(now, cost, rate, used)
  if rate.per_second == 0 then return 0, 0 end
  local bound = math.floor(rate.burst * 1e6 / rate.per_second)
  local left = math.min(math.max(used - now * 1000, 0), bound) -- more only where the clock went back
    + math.floor(cost * 1e6 / rate.per_second)
  return now * 1000 + left, left - bound
end

-- too_soon is the reply where a rate does not allow a cost yet: 1 for the session's,
-- 2 for the owner's.
local function too_soon(now, which, over) return {'soon', now, {which, math.ceil(over / 1000)}} end

-- spend notes until when a rate is used up. The key ends when the rate is whole
-- again, so nobody who is slow has one. A Redis that takes no write for now
-- (READONLY, MISCONF) lets it pass: what only looks goes on.
local function spend(now, rate, used)
  local left = math.ceil(used / 1000) - now
  if left > 0 then redis.pcall('SET', rate.key, string.format('%.0f', used), 'PX', left) end
end

-- take takes a cost from the rates of a session and of its owner. It returns nil, or
-- where one of them does not allow that yet the reply, with nothing taken.
local function take(now, cost, of_session, of_owner)
  local rates, used = {of_session, of_owner}, {}
  for i, rate in ipairs(rates) do
    local over
    used[i], over = after(now, cost, rate, rate.used)
    if over > 0 then return too_soon(now, i, over) end
  end
  for i, rate in ipairs(rates) do
    if used[i] > 0 then
      redis.pcall('PERSIST', rate.key) -- as go_on does; it has a time to live again in the next line
      spend(now, rate, used[i])
    end
  end
  return nil
end

-- outbox_of names the keys of a tag's outbox, which stand from KEYS[i] on in the
-- order of Go's keys.outbox. due, happened and notices hold each notice; brokers
-- of before know no others, so the rest may lack what they wrote and hold what
-- they forgot.
local function outbox_of(i)
  return {
    due = KEYS[i], happened = KEYS[i + 1], notices = KEYS[i + 2],
    whose = KEYS[i + 3], aborts = KEYS[i + 4], ready = KEYS[i + 5], turns = KEYS[i + 6],
  }
end

-- forget_notice says whether there was one.
local function forget_notice(o, id)
  for _, set in ipairs({o.due, o.happened, o.aborts, o.ready}) do redis.call('ZREM', set, id) end
  redis.call('HDEL', o.whose, id)
  return redis.call('HDEL', o.notices, id) == 1
end
