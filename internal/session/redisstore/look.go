package redisstore

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

// look is one look at the index: places, in order in the end, and the records
// that were read of them.
type look struct {
	places  []place
	more    bool   // there may be more places; then there is at least one
	horizon *place // the order is known up to it: a set that was not read to its end goes on behind
	records map[spot]kept
}

// kept is what stood at a spot.
type kept struct {
	value  string
	gone   bool
	readAt time.Time
}

// add takes what page.lua replied to reads.
func (l *look) add(reads []setRead, r reply) error {
	answer, _ := r.value.([]any)
	if len(answer) != 3 {
		return errUnreadable
	}
	sets, _ := answer[0].([]any)
	cut, _ := answer[1].([]any)
	records, _ := answer[2].([]any)
	if len(sets) != len(reads) || len(cut) != len(reads) {
		return errUnreadable
	}
	for i, read := range reads {
		members, _ := sets[i].([]any)
		for pair := range slices.Chunk(members, 2) {
			member, _ := pair[0].(string)
			text, _ := pair[1].(string)
			score, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return errUnreadable
			}
			l.places = append(l.places, newPlace(score, read.tag, name(member)))
		}
		if cut[i] == int64(1) {
			if end := l.places[len(l.places)-1]; l.horizon == nil || compare(end, *l.horizon) < 0 {
				l.horizon = &end
			}
		}
	}
	for row := range slices.Chunk(records, 3) {
		set, _ := row[0].(int64)
		member, _ := row[1].(string)
		value, there := row[2].(string)
		l.records[spot{reads[set-1].tag, name(member)}] = kept{value, !there, r.now}
	}
	return nil
}

// order brings the places after one into order, each once (it may have been
// read on its way from one state to another), up to the horizon and to want.
func (l *look) order(after place, want int) {
	l.places = slices.DeleteFunc(l.places, func(p place) bool {
		return compare(p, after) <= 0 || l.horizon != nil && compare(p, *l.horizon) > 0
	})
	slices.SortFunc(l.places, compare)
	l.places = slices.CompactFunc(l.places, func(a, b place) bool { return compare(a, b) == 0 })
	l.more = l.horizon != nil && len(l.places) > 0
	if len(l.places) > want {
		l.places, l.more = l.places[:want], true
	}
}

// missing is how many records have still to be read.
func (l *look) missing() (n int) {
	for _, p := range l.places {
		if _, ok := l.records[p.spot]; !ok {
			n++
		}
	}
	return n
}

// cut ends the places where more than this many records are missing.
func (l *look) cut(records int) {
	for i, p := range l.places {
		if _, ok := l.records[p.spot]; ok {
			continue
		}
		if records == 0 {
			l.places, l.more = l.places[:i], true
			return
		}
		records--
	}
}

// readMissing reads the records that are not there yet in one pipelined round
// trip.
func (s *Store) readMissing(ctx context.Context, l *look) error {
	gets := map[spot]*redis.StringCmd{}
	pipe := s.client.Pipeline()
	now := pipe.Time(ctx)
	for _, p := range l.places {
		if _, ok := l.records[p.spot]; !ok {
			gets[p.spot] = pipe.Get(ctx, s.keys(p.tag).record(p.name))
		}
	}
	if len(gets) == 0 {
		return nil
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	if now.Err() != nil {
		return now.Err()
	}
	for where, get := range gets {
		value, err := get.Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		l.records[where] = kept{value, err != nil, now.Val().UTC().Truncate(time.Millisecond)}
	}
	return nil
}

// look finds up to want places after one, and reads records along with them
// where that costs no round trip of its own.
func (s *Store) look(ctx context.Context, q session.Query, after place, want, budget int) (*look, error) {
	sets := []session.State{q.State}
	if q.State == "" {
		sets = liveStates
	}
	l := &look{records: map[spot]kept{}}
	var err error
	if q.Owner != "" && (q.State == "" || slices.Contains(liveStates, q.State)) {
		err = s.lookAtOwner(ctx, l, q, sets)
	} else {
		err = s.lookAtTags(ctx, l, q, sets, after, want, budget)
	}
	if err != nil {
		return nil, err
	}
	l.order(after, want)
	return l, nil
}

// lookAtOwner finds all of an owner's live sessions that are in one of the
// states. They are few: a quota bounds them.
func (s *Store) lookAtOwner(ctx context.Context, l *look, q session.Query, sets []session.State) error {
	tag := session.TagOf(q.Owner)
	k := s.keys(tag)
	members, err := s.client.ZRange(ctx, k.owner(q.Owner), 0, -1).Result()
	if err != nil || len(members) == 0 {
		return err
	}
	pipe := s.client.Pipeline()
	now := pipe.Time(ctx)
	scores := make([]*redis.FloatSliceCmd, len(sets))
	for i, state := range sets {
		scores[i] = pipe.ZMScore(ctx, k.state(state), members...)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return err
	}
	for _, cmd := range scores {
		for i, score := range cmd.Val() {
			if score != 0 && (q.IdleFor <= 0 || int64(score) <= now.Val().Add(-q.IdleFor).UnixMilli()) {
				l.places = append(l.places, newPlace(score, tag, name(members[i])))
			}
		}
	}
	return nil
}

// lookAtTags merges the sets of all tags, or of the owner's. From each it reads
// no more than its share of want with room to spare.
func (s *Store) lookAtTags(ctx context.Context, l *look, q session.Query, sets []session.State, after place, want, budget int) error {
	first, last, share := 0, session.Tags-1, want/32+8
	if q.Owner != "" {
		first, last, share = session.TagOf(q.Owner), session.TagOf(q.Owner), want+1
	}
	var groups [][]setRead // each is one call
	for tag := first; tag <= last; tag++ {
		if tag == first || !s.oneNode {
			groups = append(groups, nil)
		}
		group := &groups[len(groups)-1]
		for _, state := range sets {
			*group = append(*group, readsAfter(s.keys(tag).state(state), tag, after, share)...)
		}
	}
	// A sixteenth of the budget is left for the rest.
	along := min(want, budget*15/16/len(groups))
	calls := make([]call, len(groups))
	for i, group := range groups {
		calls[i] = pageCall(group, along, q.IdleFor)
	}
	for i, reply := range runAll(ctx, s.client, calls) {
		if reply.err != nil {
			return reply.err
		}
		if err := l.add(groups[i], reply); err != nil {
			return err
		}
	}
	return nil
}

// setRead is a read of one set by page.lua.
type setRead struct {
	key             string
	tag             int
	lowest, highest string
	count           int // at a time
}

// readsAfter are the reads that bring the next members of one set. Redis ranges
// by score alone, so in the tag of the place itself those of its very
// millisecond are read as a whole; they are few, since a node makes only so
// many changes in one.
func readsAfter(key string, tag int, after place, share int) []setRead {
	at := strconv.FormatInt(after.at, 10)
	if tag > after.tag {
		return []setRead{{key, tag, at, "", share}}
	}
	reads := []setRead{{key, tag, "(" + at, "", share}}
	if tag == after.tag && after.at != 0 {
		reads = append(reads, setRead{key, tag, at, at, -1})
	}
	return reads
}

func pageCall(reads []setRead, records int, idleFor time.Duration) call {
	c := call{pageScript, make([]string, len(reads)), []any{records, ceilMillis(idleFor)}}
	for i, r := range reads {
		c.keys[i] = r.key
		c.args = append(c.args, r.lowest, r.highest, r.count)
	}
	return c
}
