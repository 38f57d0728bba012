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

// List implements session.Store. It reads the index, then the records, each
// in one pipelined round trip (two for the index of one owner), and at most
// twice Limit records. Where rows are hard to find, such as one owner's among
// finished ones, a page can be shorter than Limit and not be the last.
func (s *Store) List(ctx context.Context, q session.Query) (session.Page, error) {
	const op = "redisstore.List"
	limit := max(q.Limit, 1)
	after, err := placeOf(q.After)
	if err != nil {
		return session.Page{}, &session.Error{Kind: session.Invalid, Reason: "bad-cursor", Op: op, Err: err}
	}
	var page session.Page
	for budget := 2 * limit; ; {
		found, more, err := s.index(ctx, q, after, min(limit-len(page.Sessions), budget))
		if err != nil {
			return session.Page{}, failed(op, "", err)
		}
		rows, err := s.rows(ctx, op, q, found)
		if err != nil {
			return session.Page{}, err
		}
		page.Sessions = append(page.Sessions, rows...)
		if !more {
			return page, nil
		}
		after = found[len(found)-1]
		if budget -= len(found); budget == 0 || len(page.Sessions) == limit {
			page.Next = after.cursor()
			return page, nil
		}
	}
}

// place is where a session stands in the listing. The zero place is before
// all.
type place struct {
	at   int64 // ActiveAt in ms
	tag  int
	name name
	id   session.ID // for the cursor; the type letter is right once the record was read
}

func placeOf(c session.Cursor) (place, error) {
	if (c == session.Cursor{}) {
		return place{}, nil
	}
	n, ok := packName(c.ID)
	if !ok {
		return place{}, errors.New("the cursor holds no ID")
	}
	return place{at: c.ActiveAt.UnixMilli(), tag: c.ID.Tag(), name: n}, nil
}

func (p place) cursor() session.Cursor {
	return session.Cursor{ActiveAt: time.UnixMilli(p.at).UTC(), ID: p.id}
}

func compare(a, b place) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.tag, b.tag), cmp.Compare(a.name, b.name))
}

// index returns up to want places after one, in order, and whether there may
// be more; then it returns at least one.
func (s *Store) index(ctx context.Context, q session.Query, after place, want int) ([]place, bool, error) {
	sets := []session.State{q.State}
	if q.State == "" {
		sets = liveStates
	}
	var found []place
	var more bool
	var now time.Time
	var err error
	if q.Owner != "" && (q.State == "" || slices.Contains(liveStates, q.State)) {
		found, now, err = s.ownerIndex(ctx, q.Owner, sets)
	} else {
		found, more, now, err = s.tagIndex(ctx, q.Owner, sets, after, want)
	}
	if err != nil {
		return nil, false, err
	}
	found = slices.DeleteFunc(found, func(p place) bool { return compare(p, after) <= 0 })
	slices.SortFunc(found, compare)
	found = slices.CompactFunc(found, func(a, b place) bool { return compare(a, b) == 0 }) // read on its way from one state to another
	if q.IdleFor > 0 {
		bound := now.Add(-q.IdleFor).UnixMilli()
		idle := slices.IndexFunc(found, func(p place) bool { return p.at > bound })
		if idle >= 0 {
			found, more = found[:idle], false
		}
	}
	if len(found) > want {
		found, more = found[:want], true
	}
	return found, more && len(found) > 0, nil
}

// ownerIndex returns the places of all of an owner's live sessions that are in
// one of the states. They are few: a quota bounds them.
func (s *Store) ownerIndex(ctx context.Context, owner session.Owner, sets []session.State) ([]place, time.Time, error) {
	tag := session.TagOf(owner)
	k := s.keys(tag)
	members, err := s.client.ZRange(ctx, k.owner(owner), 0, -1).Result()
	if err != nil || len(members) == 0 {
		return nil, time.Time{}, err
	}
	pipe := s.client.Pipeline()
	now := pipe.Time(ctx)
	scores := make([]*redis.FloatSliceCmd, len(sets))
	for i, state := range sets {
		scores[i] = pipe.ZMScore(ctx, k.state(state), members...)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, time.Time{}, err
	}
	var found []place
	for _, cmd := range scores {
		for i, score := range cmd.Val() {
			if score != 0 {
				found = append(found, newPlace(score, tag, name(members[i])))
			}
		}
	}
	return found, now.Val(), nil
}

// tagIndex merges the sets of all tags, or of the owner's. From each it reads
// no more than its share of want with room to spare; if a set has more, the
// merged order is known only up to the last place read from it, and the rest
// is left for the next time.
func (s *Store) tagIndex(ctx context.Context, owner session.Owner, sets []session.State, after place, want int) ([]place, bool, time.Time, error) {
	first, last, share := 0, session.Tags-1, int64(want/16+8)
	if owner != "" {
		first, last, share = session.TagOf(owner), session.TagOf(owner), int64(want+1)
	}
	pipe := s.client.Pipeline()
	now := pipe.Time(ctx)
	var reads []setRead
	for tag := first; tag <= last; tag++ {
		for _, state := range sets {
			reads = append(reads, readAfter(ctx, pipe, s.keys(tag).state(state), tag, after, share)...)
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, false, time.Time{}, err
	}
	var found []place
	var horizon *place
	for _, read := range reads {
		places := read.places()
		found = append(found, places...)
		if n := len(places); read.bounded && n == int(share) && (horizon == nil || compare(places[n-1], *horizon) < 0) {
			horizon = &places[n-1]
		}
	}
	if horizon != nil {
		found = slices.DeleteFunc(found, func(p place) bool { return compare(p, *horizon) > 0 })
	}
	return found, horizon != nil, now.Val(), nil
}

// setRead is a read of one set that is under way.
type setRead struct {
	cmd     *redis.ZSliceCmd
	tag     int
	bounded bool
}

// readAfter asks for the next members of one set. Redis ranges by score alone,
// so in the tag of the place itself those of its very millisecond are read as
// a whole; they are few, since a node makes only so many changes in one.
func readAfter(ctx context.Context, pipe redis.Pipeliner, key string, tag int, after place, share int64) []setRead {
	at := strconv.FormatInt(after.at, 10)
	if tag > after.tag {
		return []setRead{{pipe.ZRangeByScoreWithScores(ctx, key, &redis.ZRangeBy{Min: at, Max: "+inf", Count: share}), tag, true}}
	}
	reads := []setRead{{pipe.ZRangeByScoreWithScores(ctx, key, &redis.ZRangeBy{Min: "(" + at, Max: "+inf", Count: share}), tag, true}}
	if tag == after.tag && after.at != 0 {
		reads = append(reads, setRead{pipe.ZRangeByScoreWithScores(ctx, key, &redis.ZRangeBy{Min: at, Max: at}), tag, false})
	}
	return reads
}

func (r setRead) places() []place {
	places := make([]place, 0, len(r.cmd.Val()))
	for _, z := range r.cmd.Val() {
		member, _ := z.Member.(string)
		places = append(places, newPlace(z.Score, r.tag, name(member)))
	}
	return places
}

func newPlace(score float64, tag int, n name) place {
	id, _ := n.id(tag, '0')
	return place{at: int64(score), tag: tag, name: n, id: id}
}

// rows reads the records of places and returns those that still are where the
// index had them: one that was deleted is gone, and one that was touched comes
// at its new place.
func (s *Store) rows(ctx context.Context, op string, q session.Query, found []place) ([]*session.Session, error) {
	if len(found) == 0 {
		return nil, nil
	}
	pipe := s.client.Pipeline()
	now := pipe.Time(ctx)
	gets := make([]*redis.StringCmd, len(found))
	for i, p := range found {
		gets[i] = pipe.Get(ctx, s.keys(p.tag).record(p.name))
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, failed(op, "", err)
	}
	if now.Err() != nil {
		return nil, failed(op, "", now.Err())
	}
	var rows []*session.Session
	for i, get := range gets {
		value, err := get.Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return nil, failed(op, found[i].id, err)
		}
		r, err := decodeRecord(found[i].id, value)
		if err != nil {
			return nil, dress(op, found[i].id, session.Internal, err)
		}
		found[i].id, r.session.ReadAt = r.session.ID, now.Val().UTC().Truncate(time.Millisecond)
		if selected(q, r.session) && r.session.ActiveAt.UnixMilli() == found[i].at {
			rows = append(rows, r.session)
		}
	}
	return rows, nil
}

func selected(q session.Query, s *session.Session) bool {
	state := s.State == q.State || q.State == "" && !s.State.Finished()
	return state && (q.Owner == "" || q.Owner == s.Owner)
}
