package redisstore

import (
	"cmp"
	"errors"

	"slipway/internal/session"
	"time"
)

// place is where a session stands in the listing. The zero place is before
// all.
type place struct {
	at int64 // its last activity as the index has it, in ms
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

func newPlace(score float64, tag int, n name) place {
	id, _ := n.id(tag, '0')
	return place{at: int64(score), spot: spot{tag, n}, id: id}
}
