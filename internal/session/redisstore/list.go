package redisstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

// List implements session.Store. It reads at most twice Limit records, and
// where rows are hard to find, such as one owner's among finished ones, a page
// can be shorter than Limit and not be the last.
//
// On one node or under Sentinel a page is one round trip, which reads Limit
// records. A Cluster answers for each tag apart, and nobody knows beforehand
// how many rows of a page each tag has: of a page of 1,000 the first round trip
// (one for each node) nearly always brings all, of a page of 100 nearly never;
// one more, for the rest, completes it. The live sessions of one owner take
// three.
func (s *Store) List(ctx context.Context, q session.Query) (session.Page, error) {
	const op = "redisstore.List"
	limit := max(q.Limit, 1)
	after, err := placeOf(q.After)
	if err != nil {
		return session.Page{}, &session.Error{Kind: session.Invalid, Reason: "bad-cursor", Op: op, Err: err}
	}
	var page session.Page
	for budget := 2 * limit; ; {
		l, err := s.look(ctx, q, after, min(limit-len(page.Sessions), budget), budget)
		if err != nil {
			return session.Page{}, failed(op, "", err)
		}
		budget -= len(l.records)
		l.cut(budget)
		budget -= l.missing()
		if err := s.readMissing(ctx, l); err != nil {
			return session.Page{}, failed(op, "", err)
		}
		for i := range l.places {
			l.row(&page, q, &l.places[i])
		}
		if !l.more {
			return page, nil
		}
		after = l.places[len(l.places)-1]
		if budget == 0 || len(page.Sessions) == limit {
			page.Next = after.cursor()
			return page, nil
		}
	}
}

// place is where a session stands in the listing. The zero place is before
// all.
type place struct {
	at int64 // ActiveAt in ms
	spot
	id session.ID // for the cursor; the type letter is right once the record was read
}

// spot is where a record is kept.
type spot struct {
	tag  int
	name name
}

func placeOf(c session.Cursor) (place, error) {
	if (c == session.Cursor{}) {
		return place{}, nil
	}
	n, ok := packName(c.ID)
	if !ok {
		return place{}, errors.New("the cursor holds no ID")
	}
	return place{at: c.ActiveAt.UnixMilli(), spot: spot{c.ID.Tag(), n}}, nil
}

func (p place) cursor() session.Cursor {
	return session.Cursor{ActiveAt: time.UnixMilli(p.at).UTC(), ID: p.id}
}

// compare orders places as the listing does.
func compare(a, b place) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.tag, b.tag), cmp.Compare(a.name, b.name))
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

func newPlace(score float64, tag int, n name) place {
	id, _ := n.id(tag, '0')
	return place{at: int64(score), spot: spot{tag, n}, id: id}
}

func selected(q session.Query, s *session.Session) bool {
	state := s.State == q.State || q.State == "" && !s.State.Finished()
	return state && (q.Owner == "" || q.Owner == s.Owner)
}
