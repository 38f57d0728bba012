package redisstore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"slipway/internal/session"
	"slipway/internal/session/sessiontest"
)

// TestNotedPartsAreKeptInOneWay reports parts at random and holds what Redis
// keeps against what Go makes of the same: in a record the entries by number,
// each once, without the size where it is the session's; past 64 the same in
// the hash. So it does not matter in which order parts come, and how many at
// once, and a broker of before finds what it wrote itself.
func TestNotedPartsAreKeptInOneWay(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // repeatable on purpose
		_, s := frozen(t)
		rec := sessiontest.NewSession("ann")
		n, _ := packName(rec.ID)
		last := map[session.PartNumber]session.Part{}
		some := func() []session.Part {
			parts := randomParts(rng, rec.PartSize)
			for _, p := range parts {
				last[p.Number] = p
			}
			return parts
		}
		if _, err := s.Swap(t.Context(), session.Change{Session: rec, Parts: some()}); err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			parts := some()
			if _, err := s.Report(t.Context(), rec.ID, session.Report{Parts: parts}); err != nil {
				t.Fatal(err)
			}
			value := s.client.Get(t.Context(), s.keys(rec.ID.Tag()).record(n)).Val()
			got, err := decodeRecord(rec.ID, value)
			if err != nil {
				t.Fatal(err)
			}
			inline, hash, size := wantNoted(t, last, rec.PartSize)
			kept := s.client.HGetAll(t.Context(), s.keys(rec.ID.Tag()).parts(n)).Val()
			if got.inline != inline || got.hashed != (len(hash) > 0) || fmt.Sprint(kept) != fmt.Sprint(hash) ||
				got.session.PartsReported != len(last) || got.session.BytesReported != size {
				t.Fatalf("seed %d, report %d of %+v:\n got %d parts, %d bytes, %x and %x\nwant %d parts, %d bytes, %x and %x", seed, i, parts,
					got.session.PartsReported, got.session.BytesReported, got.inline, kept, len(last), size, inline, hash)
			}
		}
	}
}

// randomParts are a few parts, and now and then many, in any order and some
// more than once: of the part size, of another, with an ETag that is no MD5.
func randomParts(rng *rand.Rand, partSize int64) (parts []session.Part) {
	for range rng.IntN(4) * (1 + rng.IntN(16)*rng.IntN(2)) {
		p := sessiontest.NewPart(session.PartNumber(1+rng.IntN(64+rng.IntN(2)*rng.IntN(2)*rng.IntN(session.MaxPartNumber-64))), partSize)
		switch rng.IntN(4) {
		case 0:
			p.Size = rng.Int64N(maxSize)
		case 1:
			p.ETag = session.ETag(strings.Repeat("e", rng.IntN(3)*rng.IntN(200)))
		}
		parts = append(parts, p)
	}
	if rng.IntN(2) == 0 { // as a recorder does
		slices.SortFunc(parts, func(a, b session.Part) int { return int(a.Number - b.Number) })
	}
	return parts
}

// wantNoted is what is kept of parts: entries in the record, or the hash; and
// the sum of their sizes.
func wantNoted(t *testing.T, parts map[session.PartNumber]session.Part, partSize int64) (inline string, hash map[string]string, size int64) {
	t.Helper()
	hash = map[string]string{}
	for n := session.PartNumber(1); n <= session.MaxPartNumber; n++ {
		p, ok := parts[n]
		if !ok {
			continue
		}
		size += p.Size
		b, err := appendParts(nil, []session.Part{p})
		if err != nil {
			t.Fatal(err)
		}
		if p.Size == partSize {
			b = append([]byte{b[0] &^ (explicitSize >> 8), b[1]}, b[2+sizeBytes:]...)
		}
		inline += string(b)
		hash[fmt.Sprint(n)] = string(b)
	}
	if len(parts) <= 64 {
		return inline, map[string]string{}, size
	}
	return "", hash, size
}
