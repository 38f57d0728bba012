-- page: the next members of some sets, and the records of the first of them.
-- It writes nothing.
--
-- KEYS  the sets. A record's key is made here: it shares the hash tag of the
--       set that its member is in, so it is in the same slot
-- ARGV  1 how many records, 2 idle for so long in ms, or 0; then for each set
--       the lowest score, the highest or '', and how many members at a time,
--       or -1 for all
--
-- Replies {'ok', now, {sets, cut, records}}: sets has a list {member, score,
-- ...} for each set, cut a 1 for each that may go on, records is {number of the
-- set from 1, member, record or nil, ...}.
--
-- Which records come is a guess that saves a round trip: Go, which knows the
-- order to the last byte, reads the others by itself.

local wanted, idle = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = now_ms()
local bound = idle > 0 and now - idle or math.huge
local sets, cut = {}, {}

-- read adds the next members to what is there of a set.
local function read(set)
  local found, count = sets[set], tonumber(ARGV[3 * set + 2])
  local highest = math.min(tonumber(ARGV[3 * set + 1]) or math.huge, bound)
  highest = highest == math.huge and '+inf' or string.format('%.0f', highest)
  local next = redis.call('ZRANGEBYSCORE', KEYS[set], ARGV[3 * set], highest, 'WITHSCORES', 'LIMIT', #found / 2, count)
  for _, value in ipairs(next) do found[#found + 1] = value end
  cut[set] = #next == 2 * count and 1 or 0
end

-- horizon is the score up to which the order is known, and the set that is cut
-- there, if one is.
local function horizon()
  local score, set = math.huge, nil
  for i, found in ipairs(sets) do
    if cut[i] == 1 and tonumber(found[#found]) < score then score, set = tonumber(found[#found]), i end
  end
  return score, set
end

local function scores(highest)
  local list = {}
  for _, found in ipairs(sets) do
    for i = 2, #found, 2 do
      local score = tonumber(found[i])
      if score > highest then break end
      list[#list + 1] = score
    end
  end
  return list
end

for i = 1, #KEYS do
  sets[i] = {}
  read(i)
end
local known, cut_at = horizon()
local list = scores(known)
while cut_at and #list < wanted do -- most of what comes next is in this set: one owner has it all
  read(cut_at)
  known, cut_at = horizon()
  list = scores(known)
end

-- ROOM is how many bytes of records one call reads: those of 1,000 sessions with 64
-- parts each are 10 MB, and took Redis 46 ms.
local ROOM = 1024 * 1024

local records, bytes = {}, 0
-- get reads the records whose score is in a range; of equal ones the first, as
-- the sets, and the members within each, are in order.
local function get(above, highest)
  for i, found in ipairs(sets) do
    local tag = string.match(KEYS[i], '^[^}]*}')
    for j = 1, #found, 2 do
      local score = tonumber(found[j + 1])
      if score > highest or #records == 3 * wanted or bytes > ROOM then break end
      if score > above then
        local record = redis.call('GET', tag .. 's' .. found[j])
        bytes = bytes + (record and #record or 0)
        for _, value in ipairs({i, found[j], record}) do records[#records + 1] = value end
      end
    end
  end
end
if wanted > 0 and #list > 0 then
  table.sort(list)
  local last = list[math.min(wanted, #list)]
  get(-1, last - 1)
  get(last - 1, last)
end
return {'ok', now, {sets, cut, records}}
