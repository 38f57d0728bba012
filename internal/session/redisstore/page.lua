-- page: the next members of some sets, and the records of the first of them.
-- It writes nothing.
--
-- KEYS  the sets. A record's key is made here: it shares the hash tag of the
--       set that its member is in, so it is in the same slot
-- ARGV  1 how many records, 2 idle for so long in ms, or 0; then for each set
--       the lowest score, the highest or '', and how many members, or -1
--
-- Replies {'ok', now, {members, records}}: members has a list {member, score,
-- ...} for each set, records is {number of the set from 1, member, record or
-- nil, ...}.
--
-- Which records come is a guess that saves a round trip: Go, which knows the
-- order to the last byte, reads the others by itself.

local wanted, idle = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = now_ms()
local bound = idle > 0 and now - idle or math.huge
local members, places = {}, {}
local horizon = bound -- beyond it, a set that was not read to its end may have more
for i, set in ipairs(KEYS) do
  local lowest, highest, count = ARGV[3 * i], tonumber(ARGV[3 * i + 1]) or math.huge, tonumber(ARGV[3 * i + 2])
  highest = math.min(highest, bound)
  highest = highest == math.huge and '+inf' or string.format('%.0f', highest)
  local found = redis.call('ZRANGEBYSCORE', set, lowest, highest, 'WITHSCORES', 'LIMIT', 0, count)
  for j = 1, #found, 2 do places[#places + 1] = {set = i, member = found[j], at = tonumber(found[j + 1]), nth = #places} end
  if #found == 2 * count then horizon = math.min(horizon, places[#places].at) end
  members[i] = found
end

local records = {}
if wanted > 0 then
  table.sort(places, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.nth < b.nth -- tags and, within a set, members come in order
  end)
  for i = 1, math.min(wanted, #places) do
    local p = places[i]
    if p.at > horizon then break end
    local tag = string.match(KEYS[p.set], '^[^}]*}')
    for _, value in ipairs({p.set, p.member, redis.call('GET', tag .. 's' .. p.member)}) do records[#records + 1] = value end
  end
end
return {'ok', now, {members, records}}
