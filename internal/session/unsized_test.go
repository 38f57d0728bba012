package session_test

import (
	"slices"
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

// unsized opens a session whose client never says how long its parts are, with
// room for so many bytes, and uploads parts of these sizes. size is what it
// announces, 0: nothing.
func unsized(t *testing.T, room, size int64, sizes ...int) *recorded {
	t.Helper()
	r := &recorded{API: apitest.Start(t)}
	r.bucket = &lossy{Bucket: r.Broker.Bucket}
	r.Broker.Bucket = r.bucket
	r.Broker.Limits.AbandonAfter, r.Broker.Limits.ResumeWindow = abandonAfter, resumeWindow
	grant := session.Grant{Owner: "ann", ExpiresAt: time.Now().Add(time.Hour)}
	opened, err := r.Broker.Open(t.Context(), grant, session.OpenRequest{ContentType: "video/webm", MaxBytes: room, Size: size, Unsized: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token := opened.Session.SessionToken(r.Broker.Bucket.Name())
	r.opened.ID, r.ref = token.ID, session.Ref{ID: token.ID, SessionToken: &token}
	for i, size := range sizes {
		body := apitest.Noise(size)
		r.bodies = append(r.bodies, body)
		r.claim.Parts = append(r.claim.Parts, r.sends(t, i+1, body))
	}
	return r
}

// sends uploads a part and returns what an unsized client claims of it.
func (r *recorded) sends(t *testing.T, number int, body []byte) session.Part {
	t.Helper()
	n := session.PartNumber(number)
	_, urls, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, nil, []session.PartToSign{{Number: n}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return session.Part{Number: n, ETag: session.ETag(apitest.Put(t, apitest.URL{URL: string(urls[0].URL)}, body).Header.Get("ETag"))}
}

func TestPartsOfAnyLengthAreCompletedByWhatS3Lists(t *testing.T) {
	const odd = session.MinPartSize + 7
	for name, size := range map[string]int64{"nothing was announced": 0, "what was announced": odd + session.MinPartSize + 1} {
		r := unsized(t, 0, size, odd, session.MinPartSize, 1)
		for range 2 {
			r.complete(t, session.Completed)
		}
		if s := r.state(t); s.Result.Outcome != session.AsClaimed || s.Result.Size != odd+session.MinPartSize+1 {
			t.Errorf("%s: %+v", name, s.Result)
		}
		r.plays(t, r.bodies...)
		r.Store.Forget()
		r.complete(t, session.Completed)
	}
}

// A client may cut its parts as small as S3 takes them, whatever the broker's own
// part size is.
func TestNumbersOfAnUnsizedSessionGoAsFarAsItsBytes(t *testing.T) {
	r := &recorded{API: apitest.Start(t)}
	r.Broker.Limits.PartSize = 20 << 20
	opened, err := r.Broker.Open(t.Context(), session.Grant{Owner: "ann"}, session.OpenRequest{ContentType: "video/webm", MaxBytes: 2*session.MinPartSize + 1, Unsized: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token := opened.Session.SessionToken(r.Broker.Bucket.Name())
	for number, ok := range map[session.PartNumber]bool{0: false, 1: true, 3: true, 4: false} {
		_, _, err := r.Broker.Parts(t.Context(), &token, nil, []session.PartToSign{{Number: number}}, 0)
		if (err == nil) != ok {
			t.Errorf("part %d: %v", number, err)
		}
	}
}

func TestAnUnsizedUploadIsHeldAgainstMaxBytesAtItsEnd(t *testing.T) {
	const room = session.MinPartSize + 99
	for name, c := range map[string]struct {
		last int
		want session.State
	}{"one byte below": {98, session.Completed}, "just as many": {99, session.Completed}, "one more": {100, session.Aborted}} {
		r := unsized(t, room, 0, session.MinPartSize, c.last)
		_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
		if (err == nil) != (c.want == session.Completed) || err != nil && session.ReasonOf(err) != session.ReasonMaxBytes {
			t.Errorf("%s: %v", name, err)
		}
		if s := r.state(t); s.State != c.want {
			t.Errorf("%s: it is %s", name, s.State)
		}
		if _, err := r.Broker.Bucket.ListParts(t.Context(), session.Upload{Key: r.Broker.Key(r.ref.ID), ID: r.ref.SessionToken.UploadID}); session.KindOf(err) != session.NotFound {
			t.Errorf("%s: S3 still has the upload: %v", name, err)
		}
	}
}

func TestAnUnsizedUploadIsHeldAgainstWhatWasAnnounced(t *testing.T) {
	for name, size := range map[string]int64{"a byte is missing": session.MinPartSize + 100, "there is one more": session.MinPartSize + 98} {
		r := unsized(t, 0, size, session.MinPartSize, 99)
		_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
		if session.ReasonOf(err) != session.ReasonWrongSize {
			t.Errorf("%s: %v", name, err)
		}
		if s := r.state(t); s.State != session.Open {
			t.Errorf("%s: it is %s", name, s.State)
		}
	}
}

func TestASmallPartWithinAnUnsizedUploadIsNamed(t *testing.T) {
	r := unsized(t, 0, 0, session.MinPartSize-1, 99)
	_, err := r.Broker.Complete(t.Context(), r.ref, r.claim)
	if session.ReasonOf(err) != session.ReasonPartTooSmall {
		t.Fatal(err)
	}
	r.bodies[0] = apitest.Noise(session.MinPartSize)
	r.claim.Parts[0] = r.sends(t, 1, r.bodies[0])
	r.complete(t, session.Completed)
	r.plays(t, r.bodies...)
}

// Nobody completes and nobody aborts; the URLs forbid no length.
func TestAProbeEndsWhatIsTooMuch(t *testing.T) {
	r := unsized(t, session.MinPartSize, 0, session.MinPartSize)
	if s := r.probes(t, time.Minute); s.State != session.Open {
		t.Fatalf("with as much as it may have it is %s", s.State)
	}
	r.sends(t, 1, apitest.Noise(session.MinPartSize+1))
	if s := r.probes(t, 20*time.Minute); s.State != session.Aborted {
		t.Fatalf("with a byte more it is %s", s.State)
	}
}

// What was announced and has arrived is still the client's to complete: another
// part may be on its way in the place of one that is there.
func TestAProbeCompletesNoUnsizedUpload(t *testing.T) {
	r := unsized(t, 0, session.MinPartSize+99, session.MinPartSize, 99)
	if s := r.probes(t, time.Minute); s.State != session.Open {
		t.Fatalf("it is %s", s.State)
	}
	r.complete(t, session.Completed)
}

func TestTheReaperSavesNothingThatIsTooMuch(t *testing.T) {
	const room = 3 * session.MinPartSize
	for name, c := range map[string]struct {
		sizes []int
		size  int64
		want  session.State
	}{
		"as much as it may have":           {sizes: []int{room - 99, 99}, want: session.Completed},
		"one byte more":                    {sizes: []int{room - 99, 100}, want: session.Aborted},
		"less than was announced, at last": {sizes: []int{session.MinPartSize}, size: session.MinPartSize + 99, want: session.Completed},
		"less, and its parts are no guide": {sizes: []int{session.MinPartSize + 1}, size: room, want: session.Completed},
	} {
		r := unsized(t, room, c.size, c.sizes...)
		r.Later(resumeWindow + time.Hour)
		r.reap(t)
		s := r.state(t)
		if s.State != c.want || s.State == session.Completed && s.Result.Outcome != session.Salvaged {
			t.Errorf("%s: it is %s: %+v", name, s.State, s.Result)
		}
		if c.size > 0 && !slices.Equal(s.Result.Missing, []session.PartNumber{2}) {
			t.Errorf("%s: missing are %v", name, s.Result.Missing)
		}
	}
}
