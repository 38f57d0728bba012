package redisstore

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

var _ session.Counter = (*Store)(nil)

// Count implements session.Counter. It tries a write, asks for the time, and then asks
// for the sizes of the index in one pipelined round trip, with 9 commands for each tag.
// Sessions that Redis forgot stay in the index until another session of their tag
// changes; see swap.lua.
func (s *Store) Count(ctx context.Context, idle time.Duration) (session.Counts, error) {
	const op = "redisstore.Count"
	refuses := refusal(s.tryWrite(ctx))
	now, err := s.client.Time(ctx).Result()
	if err != nil {
		return session.Counts{}, failed(op, "", err)
	}
	pipe := s.client.Pipeline()
	tags := make([]tagCount, session.Tags)
	for tag := range tags {
		tags[tag] = s.countTag(ctx, pipe, s.keys(tag), now.Add(-idle))
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return session.Counts{}, failed(op, "", err)
	}
	total := session.Counts{Sessions: map[session.State]int{}, Refuses: refuses}
	for _, t := range tags {
		t.addTo(&total, now)
	}
	return total, nil
}

// tagCount is what was asked about one tag.
type tagCount struct {
	states         []*redis.IntCmd // in the order of states
	stale, notices *redis.IntCmd
	oldest         *redis.ZSliceCmd
}

func (s *Store) countTag(ctx context.Context, pipe redis.Pipeliner, k keys, before time.Time) tagCount {
	var t tagCount
	for _, state := range states {
		t.states = append(t.states, pipe.ZCard(ctx, k.state(state)))
	}
	t.stale = pipe.ZCount(ctx, k.state(session.Open), "-inf", strconv.FormatInt(before.UnixMilli(), 10))
	t.notices = pipe.ZCard(ctx, k.queue())
	t.oldest = pipe.ZRangeWithScores(ctx, k.queue(), 0, 0)
	return t
}

func (t tagCount) addTo(total *session.Counts, now time.Time) {
	for i, state := range states {
		total.Sessions[state] += int(t.states[i].Val())
	}
	total.Stale += int(t.stale.Val())
	total.Notices += int(t.notices.Val())
	for _, z := range t.oldest.Val() {
		total.NoticeAge = max(total.NoticeAge, now.Sub(instant(int64(z.Score))))
	}
}
