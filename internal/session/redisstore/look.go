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

// row adds the session at p to page if it still is where the index had it: one
// that was deleted is gone, and one that was touched comes at its new place.
func (l *look) row(page *session.Page, q session.Query, p *place) {
	k := l.records[p.spot]
	if k.gone {
		return
	}
	r, err := decodeRecord(p.id, k.value)
	if err != nil {
		page.Unreadable = append(page.Unreadable, p.id)
		return
	}
	p.id, r.session.ReadAt = r.session.ID, k.readAt
	if selected(q, r.session) && r.session.ActiveAt.UnixMilli() == p.at {
		page.Sessions = append(page.Sessions, r.session)
	}
}
