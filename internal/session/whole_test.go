package session_test

import (
	"testing"
	"time"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

const wholeSize = session.MinPartSize + 99

// phone opens a session that is to be completed when it is whole.
func phone(t *testing.T, fields map[string]any, sizes ...int) *recorded {
	t.Helper()
	all := map[string]any{"finish": "when-whole", "size": wholeSize}
	for name, value := range fields {
		all[name] = value
	}
	return abandoned(t, all, sizes...)
}

// probes lets so long pass and does what a broker does then.
func (r *recorded) probes(t *testing.T, after time.Duration) *session.Session {
	t.Helper()
	r.Later(after)
	due, err := r.Broker.DueProbes(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range due {
		if _, _, err := r.Broker.FinishIfWhole(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return r.state(t)
}

// reports tells of all parts.
func (r *recorded) reports(t *testing.T) {
	t.Helper()
	if _, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, r.claim.Parts, nil, 0); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsWholeIsCompletedWithoutAnybodyAsking(t *testing.T) {
	for _, checksum := range []string{"none", "sha256"} {
		r := phone(t, map[string]any{"checksum": checksum, "on_abandon": "abort"}, session.MinPartSize, 99)
		if s := r.probes(t, time.Minute); s.State != session.Completed || s.Result.Outcome != session.AsClaimed || s.Result.Size != wholeSize || len(s.Result.Missing) > 0 {
			t.Fatalf("%s: after a minute it is %s: %+v", checksum, s.State, s.Result)
		}
		r.plays(t, r.bodies...)
		for _, claim := range []session.Claim{r.claim, {Size: r.claim.Size, Parts: []session.Part{{Number: 1, Size: session.MinPartSize}, {Number: 2, Size: 99}}}} {
			if checksum == "sha256" && claim.Parts[0].ETag == "" {
				continue // such a claim is refused
			}
			if done, err := r.Broker.Complete(t.Context(), r.ref, claim); err != nil || done.State != session.Completed {
				t.Errorf("%s: a claim after that gets %+v, %v", checksum, done, err)
			}
		}
	}
}

func TestWhatIsNotWholeIsNotCompletedByItself(t *testing.T) {
	for name, sizes := range map[string][]int{"the last part is missing": {session.MinPartSize}, "the first is": {0, 99}, "all are": {}} {
		r := phone(t, nil, sizes...)
		for range 20 {
			if s := r.probes(t, 20*time.Minute); s.State != session.Open {
				t.Fatalf("%s: it is %s", name, s.State)
			}
		}
	}
}

// A stale PUT has the size of the part and not its bytes. What was reported
// says which it is.
func TestAStalePartIsNotCompletedByItself(t *testing.T) {
	r := phone(t, nil, session.MinPartSize, 99)
	r.reports(t)
	r.UploadPart(t, r.opened, 1, apitest.Noise(session.MinPartSize))
	if s := r.probes(t, time.Minute); s.State != session.Open {
		t.Fatalf("with another part 1 than was reported it is %s", s.State)
	}
	r.UploadPart(t, r.opened, 1, r.bodies[0])
	if s := r.probes(t, 20*time.Minute); s.State != session.Completed {
		t.Fatalf("with the right one again it is %s", s.State)
	}
	r.plays(t, r.bodies...)
}

func TestProbesFollowWhatArrives(t *testing.T) {
	r := phone(t, map[string]any{"size": 3 * session.MinPartSize}, 0)
	var waits []time.Duration
	wait := func() {
		s := r.state(t)
		waits = append(waits, s.Probe.At.Sub(r.Broker.Now()).Round(time.Second))
		r.probes(t, s.Probe.At.Sub(r.Broker.Now())+time.Millisecond)
	}
	wait()
	wait()
	wait()
	r.UploadPart(t, r.opened, 1, apitest.Noise(session.MinPartSize))
	for range 12 {
		wait()
	}
	s := func(n int) time.Duration { return time.Duration(n) * time.Second }
	want := []time.Duration{s(30), s(45), s(68), s(101), s(30), s(45), s(68), s(101), s(152), s(228), s(342), s(513), s(769), s(900), s(900)}
	for i := range want {
		if d := waits[i] - want[i]; d < -2*time.Second || d > 2*time.Second {
			t.Fatalf("the waits were %v; want about %v", waits, want)
		}
	}
}

func TestAReportOfTheLastPartIsFollowedAtOnce(t *testing.T) {
	r := phone(t, nil, session.MinPartSize, 99)
	r.reports(t)
	if s := r.probes(t, 0); s.State != session.Completed {
		t.Fatalf("it is %s", s.State)
	}
}

// Redis forgot all; the token knows what was announced.
func TestWhatIsWholeIsCompletedThoughTheStoreForgotIt(t *testing.T) {
	r := phone(t, nil, session.MinPartSize, 99)
	r.Store.Forget()
	if _, _, err := r.Broker.Parts(t.Context(), r.ref.SessionToken, nil, nil, 0); err != nil {
		t.Fatal(err)
	}
	if s := r.probes(t, 0); s.State != session.Completed || s.Result.Outcome != session.AsClaimed {
		t.Fatalf("it is %s: %+v", s.State, s.Result)
	}
}

func TestWhenWholeTakesPartsOfTheAnnouncedSizes(t *testing.T) {
	a := apitest.Start(t)
	grant := a.Grant(t, "ann")
	for name, tc := range map[string]struct {
		body          map[string]any
		field, reason string
	}{
		"no size":       {map[string]any{"finish": "when-whole"}, "size", "missing"},
		"another word":  {map[string]any{"finish": "whole", "size": wholeSize}, "finish", "unknown-value"},
		"another size":  {map[string]any{"finish": "when-whole", "size": wholeSize, "sign": []any{map[string]any{"number": 1, "size": 5000}}}, "sign[0].size", "wrong-size"},
		"a part beyond": {map[string]any{"finish": "when-whole", "size": wholeSize, "sign": []any{map[string]any{"number": 3, "size": 1}}}, "sign[0].size", "wrong-size"},
	} {
		tc.body["content_type"] = "video/webm"
		answer := a.CallBad(t, "POST", "/v1/sessions", grant, tc.body)
		if answer.Status != 400 {
			t.Errorf("%s: %d", name, answer.Status)
			continue
		}
		var p apitest.Problem
		if answer.Into(t, &p); p.Field != tc.field || p.Reason != tc.reason {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
