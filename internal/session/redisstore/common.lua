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

-- entries cuts a string of entries apart. A size that is the session's part
-- size is left out of the bytes: most are.
local function entries(s, part_size)
  local list, i = {}, 1
  while i <= #s do
    local hi, lo = string.byte(s, i, i + 1)
    local number, at, size = (hi % 64) * 256 + lo, i + 2, part_size
    local bytes
    if hi % 128 >= 64 then
      local a, b, c, d, e = string.byte(s, at, at + 4)
      size, at = (((a * 256 + b) * 256 + c) * 256 + d) * 256 + e, at + 5
    end
    local after = at + 16
    if hi >= 128 then
      local a, b = string.byte(s, at, at + 1)
      after = at + 2 + a * 256 + b
    end
    if size == part_size and hi % 128 >= 64 then
      bytes = string.char(hi - 64, lo) .. string.sub(s, at, after - 1)
    else
      bytes = string.sub(s, i, after - 1)
    end
    list[#list + 1] = {number = number, size = size, bytes = bytes}
    i = after
  end
  return list
end

-- batches calls f with first and last index of each batch of n things.
local function batches(n, f)
  for first = 1, n, BATCH do f(first, math.min(first + BATCH - 1, n)) end
end

-- known returns what is noted already of the numbers in fresh (and, where
-- parts are inline, of all).
local function known(r, fresh, hash)
  local by_number = {}
  local function add(s)
    for _, p in ipairs(entries(s, r.part_size)) do by_number[p.number] = p end
  end
  if r.where == 'i' then
    add(r.parts)
  else
    batches(#fresh, function(first, last)
      local numbers = {}
      for i = first, last do numbers[#numbers + 1] = fresh[i].number end
      for _, entry in ipairs(redis.call('HMGET', hash, unpack(numbers))) do
        if entry then add(entry) end
      end
    end)
  end
  return by_number
end

-- note adds the parts in s to r: the last word on a number holds, and count
-- and bytes follow from the difference. Noting the same again changes nothing.
local function note(r, s, hash)
  if s == '' then return end
  local fresh = entries(s, r.part_size)
  local all = known(r, fresh, hash)
  for _, p in ipairs(fresh) do
    local before = all[p.number]
    if before then
      r.bytes = r.bytes - before.size
    else
      r.count = r.count + 1
    end
    r.bytes = r.bytes + p.size
    all[p.number] = p
  end
  local list = {}
  for _, p in pairs(all) do list[#list + 1] = p end
  if r.where == 'i' and r.count <= INLINE then
    table.sort(list, function(a, b) return a.number < b.number end) -- the same parts make the same record
    for i, p in ipairs(list) do list[i] = p.bytes end
    r.parts = table.concat(list)
    return
  end
  r.where, r.parts = 'h', ''
  batches(#list, function(first, last)
    local args = {}
    for i = first, last do
      args[#args + 1], args[#args + 2] = list[i].number, list[i].bytes
    end
    redis.call('HSET', hash, unpack(args))
  end)
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
