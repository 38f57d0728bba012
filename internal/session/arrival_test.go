package session

import (
	"slices"
	"testing"
)

func TestWhatCanBeSalvaged(t *testing.T) {
	const whole = MinPartSize
	part := func(n PartNumber, size int64, etag ETag) Part { return Part{Number: n, Size: size, ETag: etag} }
	for _, tc := range []struct {
		name             string
		listed, reported []Part
		parts, missing   []PartNumber
	}{
		{name: "nothing"},
		{name: "all of it, nothing reported", listed: []Part{part(1, whole, "a"), part(2, 9, "b")}, parts: []PartNumber{1, 2}},
		{name: "all of it, as reported", listed: []Part{part(1, whole, "a"), part(2, 9, "b")}, reported: []Part{part(1, whole, "a"), part(2, 9, "")}, parts: []PartNumber{1, 2}},
		{name: "a hole", listed: []Part{part(1, whole, "a"), part(3, 9, "c")}, parts: []PartNumber{1, 3}, missing: []PartNumber{2}},
		{name: "no beginning", listed: []Part{part(2, whole, "b")}, parts: []PartNumber{2}, missing: []PartNumber{1}},
		{name: "the end was reported and is not there", listed: []Part{part(1, whole, "a")}, reported: []Part{part(3, 9, "c")}, parts: []PartNumber{1}, missing: []PartNumber{2, 3}},
		{name: "a short part in the middle, which S3 would refuse", listed: []Part{part(1, whole, "a"), part(2, whole-1, "b"), part(3, 9, "c")}, parts: []PartNumber{1, 3}, missing: []PartNumber{2}},
		{name: "a middle part of just the least size", listed: []Part{part(1, whole, "a"), part(2, 9, "b")}, parts: []PartNumber{1, 2}},
		{name: "a last part that grew since it was reported", listed: []Part{part(1, whole, "a"), part(2, 99, "new")}, reported: []Part{part(2, 9, "old")}, parts: []PartNumber{1, 2}},
		{name: "an old, shorter one over what was reported", listed: []Part{part(1, whole, "a"), part(2, 9, "old")}, reported: []Part{part(2, 99, "new")}, parts: []PartNumber{1, 2}, missing: []PartNumber{2}},
		{name: "another one of the same size", listed: []Part{part(1, whole, "other")}, reported: []Part{part(1, whole, "a")}, parts: []PartNumber{1}, missing: []PartNumber{1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := judgeArrival(tc.listed, tc.reported, false)
			var parts []PartNumber
			for _, p := range a.parts {
				parts = append(parts, p.Number)
			}
			if !slices.Equal(parts, tc.parts) || !slices.Equal(a.missing, tc.missing) {
				t.Errorf("kept %v, missing %v; want %v and %v", parts, a.missing, tc.parts, tc.missing)
			}
		})
	}
}
