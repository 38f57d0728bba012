-- What the scripts share; Go puts it in front of each.
--
-- A record is one string, so that it changes in one step and costs one key:
--
--   head "\n" body parts
--
-- The head is text, and all that the scripts read or write of it is in `head`
-- below. The body is Go's (codec.go) and passes through untouched. Parts are
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

local head = '^1 (%d+) (%d) (%d+) (%d+) (%d+) (%S+) (%S+) (%d+) (%d+) (%d+) ([ih]) (%d+)\n'

-- Redis' own clock, in ms. Leases and the index go by no broker's.
local function now_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- parse returns nil for a record that is not ours.
local function parse(record)
  local from, to, revision, state, active, urls, lease, swap_op, report_op, count, bytes, part_size, where, length = string.find(record, head)
  if not from or #record < to + length then return nil end
  return {
    revision = tonumber(revision), state = tonumber(state),
    active = tonumber(active), urls = tonumber(urls), lease = tonumber(lease), -- ms; 0: none
    swap_op = swap_op, report_op = report_op, -- the last of either; see swap.lua
    count = tonumber(count), bytes = tonumber(bytes), part_size = tonumber(part_size),
    where = where, -- parts are i: inline, h: in the hash
    body = string.sub(record, to + 1, to + length),
    parts = string.sub(record, to + 1 + length),
  }
end

local function format(r)
  return string.format('1 %.0f %.0f %.0f %.0f %.0f %s %s %.0f %.0f %.0f %s %.0f\n',
    r.revision, r.state, r.active, r.urls, r.lease, r.swap_op, r.report_op, r.count, r.bytes, r.part_size, r.where, #r.body)
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

-- note_hashed puts the entries of s into the hash.
local function note_hashed(r, s, hash)
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
    redis.call('HSET', hash, unpack(fields))
  end
end

-- note adds the parts in s to r: the last word on a number holds, and count
-- and bytes follow from the difference. Noting the same again changes nothing.
local function note(r, s, hash)
  if r.where == 'i' then
    s = note_inline(r, s)
    if s == '' then return end
    s = r.parts .. s -- all go to the hash, and are counted anew
    r.where, r.parts, r.count, r.bytes = 'h', '', 0, 0
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
  redis.call('INCRBY', day, string.format('%.0f', bytes))
  redis.call('PEXPIREAT', day, string.format('%.0f', midnight(now)))
end
