package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"slipway/internal/session"
)

// witness sees everything, which nobody in the world does, and accuses whoever
// breaks a rule. A rule is named by a sentence that is true.
type witness struct {
	*world
	accused []accusation
	lives   map[string]*life // by session.ID.Name
	acks    []ack
	phones  []phone
	// Uploads that a lifecycle rule ended.
	destroyed map[session.UploadID]bool
	lapses    int // how often the Store forgot something
	orphans   int // uploads left at the end for people to decide on
	blind     int // of acks: those whose claims told no more of the parts than their sizes
	// Recordings that were completed and not let go of, as nothing can tell any
	// more what they should be; and claims by the recorder to which the broker said
	// that something else is completed, as nothing can tell that it is the same.
	doubted, disowned int
}

type accusation struct {
	rule string // the sentence
	what string // how it was broken
}

// life is what is known of one session: what was asked for it, and what was
// done.
type life struct {
	id      session.ID
	claims  []session.Claim
	intents []intent
	// What people asked for.
	abortAsked, salvageAsked, deleteAsked bool
	// The signs of life that the Store cannot have forgotten.
	calledAt, urlsExpireAt time.Time
	// Uploads that a broker gave up with good reason, though a failover may
	// have lost that it did.
	givenUp map[session.UploadID]bool
	// The lease that runs, or ran, and since when.
	holder   *actor
	leasedAt time.Time
	// The record as the last swap left it; nil once it is forgotten.
	swapped *session.Session
	// What the broker is to complete by itself.
	announced []piece
	// What the first complete of each upload was answered.
	answered map[session.UploadID]session.Result
}

// intent is one that was stored, and what the recorder had reported by then.
type intent struct {
	session.Intent
	upload   session.UploadID
	reported []session.Part
}

// ack is a recording that its recorder was told is safe, and lets go of.
type ack struct {
	id     session.ID
	pieces []piece
}

// phone is a recorder that was killed when S3 had all of its recording.
type phone struct {
	id     session.ID
	upload session.UploadID
	pieces []piece
}

func newWitness(w *world) *witness {
	return &witness{world: w, lives: map[string]*life{}, destroyed: map[session.UploadID]bool{}}
}

func (w *witness) accuse(rule, format string, args ...any) {
	w.accused = append(w.accused, accusation{rule, fmt.Sprintf("at %s: ", time.Since(epoch)) + fmt.Sprintf(format, args...)})
	(&actor{world: w.world, name: "witness"}).tell("NOT SO: %s: %s", rule, w.accused[len(w.accused)-1].what)
}

func (w *witness) life(id session.ID) *life {
	l := w.lives[id.Name()]
	if l == nil {
		l = &life{id: id, answered: map[session.UploadID]session.Result{}, givenUp: map[session.UploadID]bool{}}
		w.lives[id.Name()] = l
	}
	return l
}

// failedOver: the Store went back to what it knew before, or lost everything.
// A broker cannot know what it does not.
func (w *witness) failedOver() {
	w.lapses++
	for _, l := range w.lives {
		if l.holder != nil {
			l.holder.ousted = true
		}
		l.calledAt, l.urlsExpireAt, l.holder, l.swapped = time.Time{}, time.Time{}, nil, w.record(l.id)
		if l.swapped != nil {
			l.calledAt, l.urlsExpireAt = l.swapped.ActiveAt, l.swapped.URLsExpireAt
		}
	}
}

func (w *witness) claimed(id session.ID, c session.Claim) {
	l := w.life(id)
	l.claims = append(l.claims, c)
}

func (w *witness) reported(s *session.Session, rep session.Report) {
	l := w.life(s.ID)
	l.calledAt = time.Now()
	if rep.URLsExpireAt.After(l.urlsExpireAt) {
		l.urlsExpireAt = rep.URLsExpireAt
	}
}

// swapped judges a change of a record at the moment it happened. before is nil
// where there was none.
func (w *witness) swapped(a *actor, before *session.Session, c session.Change, after *session.Session) {
	l := w.life(after.ID)
	if before == nil || before.UploadID != after.UploadID {
		l.calledAt, l.holder = time.Now(), nil
	} else {
		w.heldTo(l, a, before, after)
	}
	l.swapped = after
	if l.holder = nil; c.Lease > 0 {
		l.holder, l.leasedAt, a.leaseUntil = a, time.Now(), after.LeaseUntil
	}
	w.eventFits(a, l, before, c)
	switch after.State {
	case session.Open:
		if before != nil && before.State == session.Completing {
			w.reopened(a, before)
		}
	case session.Completing:
		if before.State == session.Open {
			w.began(a, l, before, after)
		}
	case session.Aborting:
		if before.State == session.Open && !l.abortAsked {
			w.abandoned(a, l, before)
			l.givenUp[before.UploadID] = before.OnAbandon == session.Discard || len(a.seen[before.UploadID].parts) == 0
		}
	case session.Completed:
		w.completed(l, after)
	case session.Aborted:
		if w.s3.uploads[after.UploadID] != nil {
			w.accuse("aborted is only what S3 does not know any more", "%s is aborted and S3 has %s", after.ID, after.UploadID)
		}
	}
}

// heldTo sees that a lease is respected and that an intent stays what it is.
func (w *witness) heldTo(l *life, a *actor, before, after *session.Session) {
	if before.ReadAt.Before(before.LeaseUntil) && l.holder != nil && l.holder != a && !a.ousted {
		w.accuse("a lease is respected", "%s moved %s to %s while %s held its lease", a.name, after.ID, after.State, l.holder.name)
	}
	if before.State == session.Completing && after.State == session.Completing &&
		(before.Intent.Digest != after.Intent.Digest || before.Intent.Outcome != after.Intent.Outcome) {
		w.accuse("a takeover replays the stored intent", "%s gave %s another intent", a.name, after.ID)
	}
}

// eventFits sees that the end of a session is told in the step that ends it,
// but for an abort of what held no more than a trial.
func (w *witness) eventFits(a *actor, l *life, before *session.Session, c session.Change) {
	want := map[session.State]session.EventType{session.Completed: session.EventCompleted, session.Aborted: session.EventAborted}[c.Session.State]
	switch {
	case c.Session.State == session.Completed && c.Session.Result.Outcome == session.Salvaged:
		want = session.EventSalvaged
	case c.Session.State == session.Aborted && before != nil && before.State != session.Aborting:
		want = session.EventLost
	}
	var got session.EventType
	if c.Event != nil {
		got = c.Event.Type
	}
	untold := c.Event != nil && !c.Notify && want != "" && !(want == session.EventAborted && heldATrial(a, l, c.Session))
	if before != nil && c.Session.State.Finished() && got != want || untold {
		w.accuse("the end of a session is told in the same step", "%s became %s with the event %q, notify %v", c.Session.ID, c.Session.State, got, c.Notify)
	}
}

// trialSize is in bytes: the end of so little need not be told.
const trialSize = 1024

// heldATrial reports whether a looked, under its lease, and saw no more than a
// trial, of which nothing was reported.
func heldATrial(a *actor, l *life, s *session.Session) bool {
	seen, looked := a.seen[s.UploadID]
	var size int64
	for _, p := range seen.parts {
		size += p.Size
	}
	return looked && !seen.at.Before(l.leasedAt) && s.PartsReported == 0 && size <= trialSize
}

// began: an intent was stored.
func (w *witness) began(a *actor, l *life, before, after *session.Session) {
	reported, _ := w.store.Parts(context.Background(), after.ID)
	l.intents = append(l.intents, intent{*after.Intent, after.UploadID, reported})
	if after.Intent.Outcome != session.Salvaged || l.salvageAsked {
		return
	}
	idle := w.abandoned(a, l, before)
	if len(after.Intent.Missing) > 0 && idle < limits.ResumeWindow {
		w.accuse("a recording with a hole waits for its recorder", "%s is salvaged without %v after %s", after.ID, after.Intent.Missing, idle)
	}
}

// reopened: an intent was taken back.
func (w *witness) reopened(a *actor, before *session.Session) {
	i, listed := before.Intent, a.seen[before.UploadID].parts
	same := len(listed) >= i.Parts && multipartETag(listed[:i.Parts]) == i.ETag
	forgotten := w.plan.unlisted && i.Checksum != "" // what to complete with is in no listing
	if i.Outcome == session.AsClaimed && same && !a.refused && !forgotten {
		w.accuse("an intent stays until S3 refuses it", "%s took that of %s back", a.name, before.ID)
	}
}

// abandoned judges the decision that nobody will come back, and returns how
// long nobody came.
func (w *witness) abandoned(a *actor, l *life, s *session.Session) time.Duration {
	seen := a.seen[s.UploadID]
	idle := time.Since(slices.MaxFunc([]time.Time{l.calledAt, l.urlsExpireAt, seen.newest}, time.Time.Compare))
	if idle < limits.AbandonAfter {
		w.accuse("nobody is given up who is alive", "%s gave %s up %s after its last sign of life", a.name, s.ID, idle)
	}
	return idle
}

// completed: a record says that the object is there.
func (w *witness) completed(l *life, s *session.Session) {
	o := w.s3.objects[s.ID.Key(limits.KeyPrefix)]
	switch {
	case o == nil && !l.deleteAsked:
		w.accuse("completed is only what is in S3", "%s is completed and S3 has no object", s.ID)
	case o != nil && (o.Size != s.Result.Size || s.Result.ETag != o.ETag):
		w.accuse("completed is only what is in S3", "%s is completed with %d bytes, %s, and the object has %d, %s", s.ID, s.Result.Size, s.Result.ETag, o.Size, o.ETag)
	}
}

// completing judges a request to S3 before it is sent.
func (w *witness) completing(ctx context.Context, u session.Upload, parts []session.Part, size int64) {
	a := actorIn(ctx)
	l := w.life(idOf(u.Key))
	i := slices.IndexFunc(l.intents, func(i intent) bool {
		return i.upload == u.ID && i.Parts == len(parts) && i.Size == size && i.ETag == multipartETag(parts)
	})
	if i < 0 {
		w.accuse("the intent is stored before it is carried out", "%s sends a complete of %s with %d parts that no record spoke of", a.name, u.ID, len(parts))
	}
	w.bounded(ctx, l, "complete")
}

// aborting judges a request to S3 before it is sent.
func (w *witness) aborting(ctx context.Context, u session.Upload) {
	l := w.life(idOf(u.Key))
	if l.swapped != nil && l.swapped.State == session.Aborting && l.swapped.UploadID == u.ID {
		w.bounded(ctx, l, "abort")
	}
}

// bounded sees that what a lease protects ends before the lease.
func (w *witness) bounded(ctx context.Context, l *life, what string) {
	a := actorIn(ctx)
	if l.holder != a { // the Store was lost, or the lease taken over
		return
	}
	if end, ok := ctx.Deadline(); !ok || end.After(a.leaseUntil) {
		w.accuse("a call to S3 ends before its lease", "%s sends a %s until %v, and its lease ends at %v", a.name, what, end, a.leaseUntil)
	}
}

// made: S3 has a new object. It has to be what some claim said, or what a
// salvage may make of what was there.
func (w *witness) made(key session.Key) {
	o, id := w.s3.objects[key], idOf(key)
	l := w.life(id)
	why := "no intent speaks of it"
	for _, i := range l.intents {
		if i.upload != o.upload || i.Parts != len(o.parts) || i.ETag != multipartETag(sansBytes(o.parts)) {
			continue
		}
		switch {
		case i.Outcome == session.Salvaged:
			why = salvagedWrongly(i, o)
		case i.Claim == "" && l.announced != nil:
			why = announcedWrongly(l.announced, o)
		default:
			why = w.claimedWrongly(l.claims, o)
		}
		if why == "" {
			return
		}
	}
	w.accuse("nothing completed has a hole or a wrong part", "%s: %s", id, why)
}

// claimedWrongly says what is wrong with an object that was claimed; "" if it
// is just what one of the claims says.
func (w *witness) claimedWrongly(claims []session.Claim, o *object) string {
	for _, c := range claims {
		if w.matches(c, o) {
			for i, p := range c.Parts {
				if int(p.Number) != i+1 {
					return fmt.Sprintf("there is a hole before part %d", p.Number)
				}
			}
			return ""
		}
	}
	return fmt.Sprintf("nobody claimed its %d parts and %d bytes", len(o.parts), o.Size)
}

func (w *witness) matches(c session.Claim, o *object) bool {
	return slices.EqualFunc(c.Parts, o.parts, w.sameAs)
}

// sameAs reports whether v is what p says, in all that p says. With KMS the same
// bytes have another ETag each time, so a checksum is enough there.
func (w *witness) sameAs(p session.Part, v version) bool {
	if p.Number != v.Number || p.Size != v.Size || p.Checksum != checksum(p.Checksum.Algorithm(), v.bytes) {
		return false
	}
	return p.ETag == "" || p.ETag == v.ETag || w.s3.kms && p.Checksum != ""
}

// announcedWrongly says what is wrong with an object that a broker completed
// by itself; "" if it is all that its recorder uploads.
func announcedWrongly(pieces []piece, o *object) string {
	if !sameBytes(pieces, o) {
		return fmt.Sprintf("its %d parts and %d bytes are not what was announced", len(o.parts), o.Size)
	}
	return ""
}

func sameBytes(pieces []piece, o *object) bool {
	return o != nil && slices.EqualFunc(pieces, o.parts, func(p piece, v version) bool {
		return p.number == v.Number && p.size == v.Size && p.bytes == v.bytes
	})
}

// holds reports whether the bytes of o are those of c, as far as c says.
func (w *witness) holds(c session.Claim, o *object) bool {
	if slices.ContainsFunc(c.Parts, func(p session.Part) bool { return p.ETag == "" && p.Checksum == "" }) {
		return c.Size == o.Size
	}
	return w.matches(c, o)
}

// salvagedWrongly says what a salvage concealed; "" if nothing.
func salvagedWrongly(i intent, o *object) string {
	var highest session.PartNumber
	there := map[session.PartNumber]version{}
	for _, v := range o.parts {
		there[v.Number] = v
		highest = max(highest, v.Number)
	}
	for _, p := range i.reported {
		highest = max(highest, p.Number)
		v, ok := there[p.Number]
		if grown := v.Size > p.Size; ok && !grown && (v.Size != p.Size || p.ETag != "" && v.ETag != p.ETag) && !slices.Contains(i.Missing, p.Number) {
			return fmt.Sprintf("part %d is not as reported, and is not named", p.Number)
		}
	}
	for n := session.PartNumber(1); n <= highest; n++ {
		if _, ok := there[n]; !ok && !slices.Contains(i.Missing, n) {
			return fmt.Sprintf("part %d is missing, and is not named", n)
		}
	}
	return ""
}

// sighting is what one actor saw of an upload when it listed its parts.
type sighting struct {
	parts      []session.Part
	newest, at time.Time
}

func (w *witness) listed(a *actor, u session.UploadID, parts []session.Part) {
	s := sighting{parts: parts, at: time.Now()}
	for _, p := range parts {
		if p.StoredAt.After(s.newest) {
			s.newest = p.StoredAt
		}
	}
	if a.seen == nil {
		a.seen = map[session.UploadID]sighting{}
	}
	a.seen[u] = s
}

// freed: the parts of u are about to go.
func (w *witness) freed(a *actor, u session.Upload) {
	up, l := w.s3.uploads[u.ID], w.life(idOf(u.Key))
	if up == nil || len(up.parts) == 0 || l.abortAsked || l.givenUp[u.ID] {
		return
	}
	if seen, looked := a.seen[u.ID]; looked && len(seen.parts) == 0 {
		return // they came since
	}
	w.accuse("no part is deleted unless somebody wants it", "%s frees %d parts of %s", a.name, len(up.parts), u.ID)
}

// deleted: an object is about to go.
func (w *witness) deleted(key session.Key) {
	if w.s3.objects[key] != nil && !w.life(idOf(key)).deleteAsked {
		w.accuse("no object is deleted unless somebody asks", "%s is deleted", key)
	}
}

// presence is what S3 knows of a session.
type presence struct {
	upload, object bool
	// S3 is making the object of what the record still stands for.
	making bool
}

func (w *witness) exists(t *session.SessionToken) (p presence) {
	if t != nil {
		key, now := t.ID.Key(limits.KeyPrefix), w.record(t.ID)
		p.upload, p.object = w.s3.uploads[t.UploadID] != nil, w.s3.objects[key] != nil
		p.making = w.s3.making[key] != nil && now != nil && now.State == session.Completing
	}
	return p
}

// answered judges an answer by what was there before and is there now.
func (w *witness) answered(what string, t *session.SessionToken, before presence, err error) {
	now := w.exists(t)
	if session.ReasonOf(err) == "lost" && (before.upload && now.upload || before.object && now.object || before.making && now.making) {
		w.accuse("lost is only what S3 does not know", "%s was answered %v, and S3 has it: %+v", what, err, now)
	}
	if err != nil && session.KindOf(err) == session.Internal {
		w.accuse("nothing here is our bug", "%s was answered %v", what, err)
	}
}

// acknowledged: a client was told that what it claimed is completed.
func (w *witness) acknowledged(s *session.Session, upload session.UploadID, c session.Claim) {
	l, o := w.life(s.ID), w.s3.objects[s.ID.Key(limits.KeyPrefix)]
	if !l.deleteAsked && (o == nil || !w.holds(c, o)) {
		w.accuse("nothing is reported done that is not in S3", "%s was told to be completed: %v", s.ID, o)
	}
	first, again := l.answered[upload]
	if !again {
		l.answered[upload] = *s.Result
		return
	}
	if first.Size != s.Result.Size || first.ETag != s.Result.ETag {
		w.accuse("two completes get the same answer", "%s: %+v, then %+v", s.ID, first, *s.Result)
	}
}

// letGo: the recorder deletes its own copy.
func (w *witness) letGo(id session.ID, pieces []piece) {
	w.acks = append(w.acks, ack{id, pieces})
	w.kept(w.acks[len(w.acks)-1])
}

// abandon: the recorder is killed when all of its recording is stored, and the
// brokers are to complete it.
func (w *witness) abandon(r *recorder) {
	w.phones = append(w.phones, phone{r.token.ID, r.token.UploadID, r.pieces})
}

// completedAlone sees that the brokers completed what a phone left behind.
func (w *witness) completedAlone(p phone) {
	l, o := w.life(p.id), w.s3.objects[p.id.Key(limits.KeyPrefix)]
	if l.abortAsked || l.deleteAsked || l.salvageAsked || w.destroyed[p.upload] {
		return
	}
	if !sameBytes(p.pieces, o) {
		w.accuse("what is whole is completed by itself", "%s is not: %v", p.id, o)
	}
}

// kept sees that a recording that was let go of is in S3, byte by byte.
func (w *witness) kept(a ack) {
	o := w.s3.objects[a.id.Key(limits.KeyPrefix)]
	if w.life(a.id).deleteAsked {
		return
	}
	if !sameBytes(a.pieces, o) {
		w.accuse("what was let go of is in S3, ever after", "%s is not: %v", a.id, o)
	}
}

// close judges the world when all is over.
func (w *witness) close() {
	for _, a := range w.acks {
		w.kept(a)
	}
	for _, p := range w.phones {
		w.completedAlone(p)
	}
	page, err := w.store.List(context.Background(), session.Query{Limit: session.MaxPage})
	if err != nil {
		panic(err)
	}
	for _, s := range page.Sessions {
		w.accuse("every session ends", "%s is %s", s.ID, s.State)
	}
	n := w.nodes[0]
	ctx := (&actor{world: w.world, name: "people", node: n, life: n.life}).context()
	orphans, err := n.broker.Orphans(ctx, session.UploadCursor{}, session.MaxOrphans)
	if err != nil {
		panic(err)
	}
	for id, u := range w.s3.uploads {
		w.left(u, slices.IndexFunc(orphans.Orphans, func(o session.Orphan) bool {
			return o.ID == id && o.Parts > 0 && o.Reason != session.Forgotten
		}) >= 0)
	}
}

// left judges an upload that is still there at the end. One that holds parts
// and whose key another one has is for people to decide on, if they are told.
func (w *witness) left(u *upload, told bool) {
	if told {
		w.orphans++
		return
	}
	w.accuse("no upload is left after the reaper", "%s of %s is left, with %d parts", u.id, u.Key, len(u.parts))
}

func sansBytes(versions []version) []session.Part {
	parts := make([]session.Part, len(versions))
	for i, v := range versions {
		parts[i] = v.Part
	}
	return parts
}

// idOf is the session whose key this is.
func idOf(key session.Key) session.ID {
	return session.ID(key[len(limits.KeyPrefix) : len(limits.KeyPrefix)+29])
}
