package session_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// hoarder lists every PUT of a number, in any order of age, as SeaweedFS 4.53
// does; what is made of it is the real server's.
type hoarder struct {
	session.Bucket
	others []session.Part // older or newer PUTs
	grow   int64          // by how many bytes the finished object is longer
	deaf   bool           // does not say which algorithm it took
	silent bool           // does not list checksums, and needs none to complete
}

func (h *hoarder) ListParts(ctx context.Context, u session.Upload) ([]session.Part, error) {
	parts, err := h.Bucket.ListParts(ctx, u)
	for i := range parts {
		if h.silent {
			parts[i].Checksum = ""
		}
	}
	if err == nil {
		parts = append(parts, h.others...)
		slices.SortStableFunc(parts, func(a, b session.Part) int {
			if a.Number != b.Number {
				return int(a.Number - b.Number)
			}
			return a.StoredAt.Compare(b.StoredAt)
		})
	}
	return parts, err
}

func (h *hoarder) Complete(ctx context.Context, u session.Upload, parts []session.Part, size int64) (session.Object, error) {
	if h.silent {
		listed, err := h.Bucket.ListParts(ctx, u)
		if err != nil {
			return session.Object{}, err
		}
		parts = listed
	}
	return h.Bucket.Complete(ctx, u, parts, size)
}

func (h *hoarder) Head(ctx context.Context, key session.Key) (session.Object, error) {
	obj, err := h.Bucket.Head(ctx, key)
	obj.Size += h.grow
	return obj, err
}

func (h *hoarder) Create(ctx context.Context, n session.NewUpload) (session.Upload, error) {
	if h.deaf {
		n.Algorithms = nil
	}
	return h.Bucket.Create(ctx, n)
}

// hoarded is a recording of two parts, of which S3 lists other as well.
func hoarded(t *testing.T, other session.Part) (*recorded, *hoarder) {
	t.Helper()
	r := abandoned(t, nil, session.MinPartSize, 99)
	h := &hoarder{Bucket: r.bucket, others: []session.Part{other}}
	r.Broker.Bucket = h
	return r, h
}

func (r *recorded) report(t *testing.T, parts ...session.Part) {
	t.Helper()
	if _, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, parts, nil, 0); err != nil {
		t.Fatal(err)
	}
}

// S3 would refuse the ETag of the other one.
func TestOfAPartThatIsListedTwiceTheOneThatIsMeantIsTaken(t *testing.T) {
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	other := func(size int64, at time.Time) session.Part {
		return session.Part{Number: 2, Size: size, ETag: `"other"`, StoredAt: at}
	}
	for name, c := range map[string]struct {
		other        session.Part
		silent       bool // the claim says sizes alone
		report       bool // the right one
		reportsOther bool
	}{
		"by ETag, where the other is older":   {other: other(99, past)},
		"by ETag, where the other is newer":   {other: other(99, future)},
		"by ETag, where the other was told":   {other: other(99, future), reportsOther: true},
		"by size":                             {other: other(98, future), silent: true},
		"by what was reported":                {other: other(99, future), silent: true, report: true},
		"the newest, where nobody says which": {other: other(99, past), silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := hoarded(t, c.other)
			if c.report {
				r.report(t, r.claim.Parts[1])
			}
			if c.reportsOther {
				r.report(t, c.other)
			}
			if c.silent {
				for i := range r.claim.Parts {
					r.claim.Parts[i].ETag = ""
				}
			}
			r.complete(t, session.Completed)
		})
	}
}

func TestASalvageTakesThePartThatWasReported(t *testing.T) {
	r, _ := hoarded(t, session.Part{Number: 2, Size: 99, ETag: `"other"`, StoredAt: time.Now().Add(time.Hour)})
	r.report(t, r.claim.Parts...)
	s, err := r.Broker.Salvage(t.Context(), r.ref, 0)
	if err != nil || s.State != session.Completed || s.Result.Size != session.MinPartSize+99 || len(s.Result.Missing) > 0 {
		t.Errorf("salvaged is %+v (%v)", s, err)
	}
}

func TestAPartThatIsListedTwiceIsShownOnce(t *testing.T) {
	r, _ := hoarded(t, session.Part{Number: 2, Size: 98, ETag: `"other"`, StoredAt: time.Now().Add(-time.Hour)})
	view, err := r.Broker.Show(t.Context(), r.ref)
	if err != nil || len(view.Parts) != 2 || view.Parts[1].Size != 99 {
		t.Errorf("shown is %+v (%v)", view.Parts, err)
	}
}

// SeaweedFS told 15.7 MB where 10.5 were recorded.
func TestASalvageTellsTheSizeOfTheObject(t *testing.T) {
	r := abandoned(t, nil, session.MinPartSize, 99)
	r.Broker.Bucket = &hoarder{Bucket: r.bucket, grow: 7}
	s, err := r.Broker.Salvage(t.Context(), r.ref, 0)
	if err != nil || s.State != session.Completed || s.Result.Outcome != session.Salvaged || s.Result.Size != session.MinPartSize+99+7 {
		t.Errorf("salvaged is %+v (%v)", s.Result, err)
	}
}

// Ceph RGW 16.2 takes parts with any SHA-256, and says so by not saying that it
// took the algorithm.
func TestASessionGetsTheChecksumThatS3Took(t *testing.T) {
	r := &recorded{API: apitest.Start(t)}
	r.Broker.Bucket = &hoarder{Bucket: r.Broker.Bucket, deaf: true}
	body := apitest.Noise(9)
	opened := r.Open(t, "ann", map[string]any{"checksum": "sha256", "sign": []map[string]any{{"number": 1, "size": 9, "checksum": apitest.Sum(body)}}})
	if opened.Checksum != "none" || len(opened.URLs) != 1 {
		t.Fatalf("opened is %+v", opened)
	}
	if res := apitest.Put(t, opened.URLs[0], body); res.StatusCode != 200 {
		t.Errorf("the PUT is answered with %d", res.StatusCode)
	}
}

// SeaweedFS takes a part's SHA-256, checks it, and does not list it.
func TestAChecksumThatIsNotListedIsNoDifference(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*session.Part)
		ok     bool
	}{
		"and the ETag agrees":       {func(*session.Part) {}, true},
		"and the ETag differs":      {func(p *session.Part) { p.ETag = `"other"` }, false},
		"and nobody says what else": {func(p *session.Part) { p.ETag = "" }, true}, // S3 checked it when it came
		"and the size differs":      {func(p *session.Part) { p.Size = 98 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t)
			r.Broker.Bucket = &hoarder{Bucket: r.bucket, silent: true}
			c.change(&r.claim.Parts[1])
			r.claim.Size = r.claim.Parts[0].Size + r.claim.Parts[1].Size
			_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
			if c.ok != (err == nil) || !c.ok && session.ReasonOf(err) != session.ReasonPartsDiffer {
				t.Errorf("completing says %v", err)
			}
		})
	}
}
