-- ready: give each notice that has become due a turn, and say whose turn it is.
-- Owners take turns, however many notices each has.
--
-- KEYS  the outbox
-- ARGV  1 most IDs
--
-- Replies {'ok', now, {ID, turn, at in ms, ...}}: the lowest turns, counted from 0,
-- and when each happened.
--
-- This is start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996) with
-- notices that all count one: a turn is one more than the last of the same owner,
-- and not below the lowest that there is. So who comes late waits for one notice of
-- each other owner at most.
--
-- Due stays with a notice that is ready, and moves AGAIN ahead: should ready be
-- lost, or a broker of before be the only one left, it becomes due once more.
-- Sent again after a lost reply the script finds nothing that became due, and says
-- the same.

-- MOVES bounds what one call takes of Redis, to some 3 ms.
local MOVES, AGAIN = 500, 3600 * 1000

local now = now_ms()
local o = outbox_of(1)
go_on(o.due)

local lowest = tonumber(redis.call('ZRANGE', o.ready, 0, 0, 'WITHSCORES')[2])
if lowest then
  redis.call('ZREMRANGEBYSCORE', o.turns, '-inf', string.format('(%.0f', lowest)) -- as good as none
else
  redis.call('DEL', o.turns)
  lowest = 0
end

local due = redis.call('ZRANGEBYSCORE', o.due, '-inf', now, 'LIMIT', 0, MOVES)
local whose = #due > 0 and redis.call('HMGET', o.whose, unpack(due)) or {}
for i, id in ipairs(due) do
  redis.call('ZADD', o.due, now + AGAIN, id)
  if not redis.call('ZSCORE', o.ready, id) then
    local owner = whose[i] or '' -- none of a broker of before: these are one owner's
    local last = redis.call('ZSCORE', o.turns, owner)
    local turn = last and math.max(lowest, tonumber(last) + 1) or lowest
    redis.call('ZADD', o.ready, turn, id)
    redis.call('ZADD', o.turns, turn, owner)
  end
end

local rows = {}
local first = redis.call('ZRANGE', o.ready, 0, tonumber(ARGV[1]) - 1, 'WITHSCORES')
for i = 1, #first, 2 do
  lowest = i == 1 and tonumber(first[2]) or lowest
  for _, value in ipairs({first[i], tonumber(first[i + 1]) - lowest, tonumber(redis.call('ZSCORE', o.happened, first[i]) or 0)}) do rows[#rows + 1] = value end
end
return {'ok', now, rows}
