package redisstore

import (
	"cmp"
	"errors"

	"slipway/internal/session"
	"time"
)

// place is the position of a session in the listing. The zero place is before the first
// session.
type place struct {
	at int64 // its last activity in the index, in ms
	spot
	id session.ID // for the cursor; its type letter is right only after the record was read
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

// compare compares places by their order in the listing.
func compare(a, b place) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.tag, b.tag), cmp.Compare(a.name, b.name))
}

func newPlace(score float64, tag int, n name) place {
	id, _ := n.id(tag, '0')
	return place{at: int64(score), spot: spot{tag, n}, id: id}
}
