package session_test

import (
	"slices"
	"testing"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// versitygw 1.8.0 stores a PUT that was cut whole, its rest zeros: a part that
// nobody reported may be one of those.
func TestAPartThatNobodyReportedIsNotTrustedWhereCutPutsStay(t *testing.T) {
	for name, c := range map[string]struct {
		stay     bool
		checksum string
		report   int // how many of the two parts
		short    bool
		missing  []session.PartNumber
	}{
		"elsewhere":                      {false, "none", 0, false, nil},
		"nothing was reported":           {true, "none", 0, false, []session.PartNumber{1, 2}},
		"the last part was not":          {true, "none", 1, false, []session.PartNumber{2}},
		"all was":                        {true, "none", 2, false, nil},
		"what was reported is shorter":   {true, "none", 2, true, []session.PartNumber{2}},
		"a checksum says what a part is": {true, "sha256", 0, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := abandoned(t, map[string]any{"checksum": c.checksum}, session.MinPartSize, 99)
			r.Broker.Limits.CutPutsStay = c.stay
			told := slices.Clone(r.claim.Parts[:c.report])
			if c.short {
				told[1].Size = 9
			}
			r.report(t, told...)
			view, err := r.Broker.Show(t.Context(), r.ref)
			if err != nil || !slices.Equal(view.Missing, c.missing) {
				t.Errorf("shown as missing are %v (%v), want %v", view.Missing, err, c.missing)
			}
			s, err := r.Broker.Salvage(t.Context(), r.ref, 0)
			if err != nil || !slices.Equal(s.Result.Missing, c.missing) || s.Result.Size != session.MinPartSize+99 {
				t.Errorf("salvaged is %+v (%v), want missing %v", s, err, c.missing)
			}
		})
	}
}

func TestASilentClaimOfPartsThatNobodyReportedIsRefusedWhereCutPutsStay(t *testing.T) {
	r := abandoned(t, nil, session.MinPartSize, 99)
	r.Broker.Limits.CutPutsStay = true
	r.report(t, r.claim.Parts[0])
	silent := slices.Clone(r.claim.Parts)
	for i := range silent {
		silent[i].ETag = ""
	}
	_, err := r.Broker.Complete(t.Context(), r.ref, session.Claim{Parts: silent, Size: r.claim.Size})
	wantDiffer(t, err, 2)
	r.Store.Forget() // and after that nobody reported anything
	_, err = r.Broker.Complete(t.Context(), r.ref, session.Claim{Parts: silent, Size: r.claim.Size})
	wantDiffer(t, err, 1, 2)
	r.complete(t, session.Completed) // with ETags, which only whole answers brought
}

func wantDiffer(t *testing.T, err error, numbers ...session.PartNumber) {
	t.Helper()
	var differ []session.PartNumber
	if e, ok := err.(*session.Error); ok && e.Reason == session.ReasonPartsDiffer {
		for _, p := range e.Parts {
			differ = append(differ, p.Number)
		}
	}
	if !slices.Equal(differ, numbers) {
		t.Errorf("the answer is %v, want parts-differ of %v", err, numbers)
	}
}

// Scaleway takes 1,000 parts, and CoreWeave none under 15 MiB: a recording must
// not end at part 1,001.
func TestSizesFollowTheProvider(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name     string
		maxParts int
		minPart  int64
		fields   map[string]any
		status   int
		partSize int64
		maxBytes int64
	}{
		{"as S3", 0, 0, nil, 201, 5 * mib, 100 * mib},
		{"just enough parts", 20, 0, nil, 201, 5 * mib, 100 * mib},
		{"one too few", 19, 0, nil, 201, 6 * mib, 100 * mib},
		{"few", 2, 0, nil, 201, 50 * mib, 100 * mib},
		{"few, and less is asked for", 2, 0, map[string]any{"max_bytes": 12 * mib}, 201, 6 * mib, 12 * mib},
		{"few, and a part size is asked for", 2, 0, map[string]any{"part_size": 10 * mib}, 201, 10 * mib, 20 * mib},
		{"few, and both are", 2, 0, map[string]any{"part_size": 10 * mib, "max_bytes": 20 * mib}, 201, 10 * mib, 20 * mib},
		{"few, and both are too much", 2, 0, map[string]any{"part_size": 10 * mib, "max_bytes": 20*mib + 1}, 400, 0, 0},
		{"few, and the size does not fit", 2, 0, map[string]any{"part_size": 10 * mib, "size": 20*mib + 1}, 400, 0, 0},
		{"large parts", 0, 15 * mib, nil, 201, 15 * mib, 100 * mib},
		{"large parts, and smaller ones are asked for", 0, 15 * mib, map[string]any{"part_size": 15*mib - 1}, 400, 0, 0},
		{"large parts, which are asked for", 0, 15 * mib, map[string]any{"part_size": 15 * mib}, 201, 15 * mib, 100 * mib},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := apitest.Start(t)
			a.Broker.Limits.MaxParts, a.Broker.Limits.MinPart = c.maxParts, c.minPart
			body := map[string]any{"content_type": "video/webm"}
			for name, value := range c.fields {
				body[name] = value
			}
			answer := a.Call(t, "POST", "/v1/sessions", a.Grant(t, "ann"), body).Want(t, c.status)
			if c.status != 201 {
				return
			}
			var o apitest.Opened
			answer.Into(t, &o)
			if o.PartSize != c.partSize || o.MaxBytes != c.maxBytes || c.maxParts > 0 && o.MaxParts > c.maxParts {
				t.Errorf("part_size %d, max_bytes %d, max_parts %d; want %d, %d", o.PartSize, o.MaxBytes, o.MaxParts, c.partSize, c.maxBytes)
			}
		})
	}
}
