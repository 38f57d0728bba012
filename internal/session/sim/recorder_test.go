package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"slipway/internal/session"
)

// piece is one part of a recording.
type piece struct {
	number session.PartNumber
	size   int64
	bytes  string
}

// recorder is the honest client: it tries until its recording is in S3, and
// keeps it until then. It may fall silent for long, or for good.
type recorder struct {
	*actor
	owner       session.Owner
	pieces      []piece                      // the recording
	drafts      map[session.PartNumber]piece // what some parts are before they are final
	asked       session.ChecksumAlgorithm
	algorithm   session.ChecksumAlgorithm // of this take: what became of it
	hidden      bool                      // its page cannot read ETags, now or later
	onAbandon   session.OnAbandon
	idempotent  bool
	whenWhole   bool // it announces its size, and leaves it to the brokers to complete
	silentOneIn int  // of its steps, after which it is away for long; 0: never
	goneAt      int  // the step at which it falls silent for good; 0: never

	steps    int
	takes    int
	opened   *session.Session
	token    session.SessionToken
	claiming bool                                // all is PUT; what remains is to be told that it is completed
	stored   map[session.PartNumber]session.Part // what S3 acknowledged of this take
	fresh    []session.Part                      // of these, what was not reported
	lapses   int                                 // of the Store, before it was told of all that is stored
}

// errOver says that the session has ended and another is needed, errPending
// that it is being completed, errGone that the recorder falls silent for good.
var (
	errOver    = errors.New("the session is over")
	errPending = errors.New("the session is being completed")
	errGone    = errors.New("the recorder is gone")
)

// maxTakes is how many sessions one recording may take. Each ends for a reason,
// such as an operator's abort, and no schedule has that many.
const maxTakes = 15

// maxCalm is how long a recorder needs at most once nothing goes wrong.
const maxCalm = 12 * time.Hour

// kinds are what recorders ask for. The older half of them know two.
var kinds = []session.ChecksumAlgorithm{
	session.NoChecksum, session.SHA256, session.NoChecksum, session.SHA256, session.AutoChecksum, session.AutoChecksum, session.CRC32C, session.MD5,
}

func (w *world) newRecorder(i int) *recorder {
	r := &recorder{
		owner: session.Owner(fmt.Sprintf("owner%d", w.chance.IntN(2))), drafts: map[session.PartNumber]piece{},
		asked: kinds[w.chance.IntN(len(kinds))], hidden: w.oneIn(3), onAbandon: session.Salvage, idempotent: w.oneIn(2),
		silentOneIn: []int{0, 20, 50}[w.chance.IntN(3)],
	}
	if w.oneIn(3) {
		r.onAbandon = session.Discard
	}
	if w.oneIn(3) {
		r.goneAt = 1 + w.chance.IntN(12)
	}
	n := 1 + w.chance.IntN(4)
	for number := range session.PartNumber(n) {
		r.pieces = append(r.pieces, piece{number + 1, limits.PartSize, fmt.Sprintf("r%d.%d", i, number+1)})
	}
	last := &r.pieces[n-1]
	last.size = 2 + w.chance.Int64N(limits.PartSize-1)
	if n == 1 && w.oneIn(2) {
		last.size = 2 + w.chance.Int64N(2*trialSize)
	}
	if w.oneIn(2) { // the tail is saved while it grows
		r.drafts[last.number] = piece{last.number, 1 + w.chance.Int64N(last.size-1), last.bytes + "-tail"}
	}
	if w.oneIn(3) && n > 1 { // the head is written again at the end
		r.drafts[1] = piece{1, limits.PartSize, r.pieces[0].bytes + "-head"}
	}
	if w.oneIn(4) { // it has all it uploads from the start
		r.whenWhole, w.probes, r.drafts = true, true, nil
	}
	return r
}

// record is the recorder's life.
func (r *recorder) record() {
	for r.takes = 1; r.takes <= maxTakes; r.takes++ {
		err := r.take()
		r.tell("take %d ends: %v", r.takes, err)
		if err == nil || errors.Is(err, errGone) {
			return
		}
	}
	r.witness.accuse("an honest recorder ends completed", "%s needed more than %d sessions", r.name, maxTakes)
}

// take brings the recording into S3 with one session.
func (r *recorder) take() error {
	r.stored, r.fresh, r.claiming, r.lapses = map[session.PartNumber]session.Part{}, nil, false, -1
	if err := r.open(); err != nil {
		return err
	}
	for _, p := range r.pieces {
		if r.idempotent && r.mishap() { // the page was loaded anew
			before := r.token.UploadID
			if err := r.open(); err != nil || r.token.UploadID != before {
				return cmp.Or(err, errOver)
			}
		}
		if draft, ok := r.drafts[p.number]; ok {
			if err := r.save(draft); err != nil {
				return err
			}
		}
		if _, ok := r.drafts[p.number]; ok && p.number == 1 && len(r.pieces) > 1 {
			continue // final at the end
		}
		if err := r.save(p); err != nil {
			return err
		}
	}
	if _, ok := r.drafts[1]; ok && len(r.pieces) > 1 {
		if err := r.save(r.pieces[0]); err != nil {
			return err
		}
	}
	return r.complete()
}

// pause is what a recorder does between two steps: mostly it records on.
func (r *recorder) pause() error {
	r.steps++
	switch {
	case r.steps == r.goneAt, r.plan.scene.vanish && len(r.plan.scene.script) == 0:
		return errGone
	case time.Since(epoch) > r.plan.storm+maxCalm:
		r.witness.accuse("an honest recorder ends completed", "%s is not answered yet in its session %s", r.name, r.token.ID)
		return errGone
	case r.silentOneIn > 0 && !r.calm && r.oneIn(r.silentOneIn):
		r.sleep(r.upTo(3 * limits.AbandonAfter))
	default:
		r.sleep(r.upTo(2 * time.Minute))
	}
	return nil
}

func (r *recorder) open() error {
	req := session.OpenRequest{ContentType: "video/webm", Algorithm: r.asked, OnAbandon: r.onAbandon}
	if r.whenWhole {
		req.WhenWhole, req.Size = true, sizeOf(r.pieces)
	}
	if r.idempotent {
		req.IdempotencyKey = fmt.Sprintf("%s take %d", r.name, r.takes)
	}
	opened, err := insist(r, func() (session.Opened, error) {
		return ask(r.actor, "open", nil, func(ctx context.Context, b *session.Broker) (session.Opened, error) {
			return b.Open(ctx, session.Grant{Owner: r.owner}, req, nil)
		})
	})
	if err != nil {
		return err
	}
	before := r.token
	r.opened, r.token, r.algorithm = opened.Session, opened.Session.SessionToken("sim/bucket"), opened.Session.Algorithm
	if before.UploadID == r.token.UploadID && before.Algorithm != r.algorithm {
		r.witness.accuse("a checksum holds for the whole upload", "%s was opened with %s and is opened with %s", r.token.ID, before.Algorithm, r.algorithm)
	}
	if r.opened.State != session.Open {
		return errOver
	}
	if r.whenWhole {
		r.witness.life(r.token.ID).announced = r.pieces
	}
	return r.pause()
}

func sizeOf(pieces []piece) (sum int64) {
	for _, p := range pieces {
		sum += p.size
	}
	return sum
}

// save PUTs one part until S3 has acknowledged it.
func (r *recorder) save(p piece) error {
	for {
		url, err := r.sign(p)
		if err != nil {
			return err
		}
		part, err := r.put(url, p)
		if err == nil {
			part.Checksum = checksum(r.algorithm, p.bytes)
			r.stored[p.number] = part
			r.fresh = append(r.fresh, part)
			return r.pause()
		}
		if session.KindOf(err) == session.NotFound {
			if err := r.look(); err != nil {
				return err
			}
		}
		if err := r.pause(); err != nil {
			return err
		}
	}
}

// sign reports what was stored since and asks for the URL of p.
func (r *recorder) sign(p piece) (session.SignedPart, error) {
	sign := []session.PartToSign{{Number: p.number, Size: p.size, Checksum: checksum(r.algorithm, p.bytes)}}
	urls, err := r.parts(r.fresh, sign)
	if err != nil {
		return session.SignedPart{}, err
	}
	r.fresh = nil
	return urls[0], nil
}

func (r *recorder) parts(uploaded []session.Part, sign []session.PartToSign) ([]session.SignedPart, error) {
	t := r.token
	return insist(r, func() ([]session.SignedPart, error) {
		return ask(r.actor, fmt.Sprintf("parts of %s", t.ID), &t, func(ctx context.Context, b *session.Broker) ([]session.SignedPart, error) {
			_, urls, err := b.Parts(ctx, &t, uploaded, sign, 0)
			return urls, err
		})
	})
}

// look asks what became of a session whose upload S3 does not know.
func (r *recorder) look() error {
	t := r.token
	view, err := insist(r, func() (session.View, error) {
		return ask(r.actor, fmt.Sprintf("show %s", t.ID), &t, func(ctx context.Context, b *session.Broker) (session.View, error) {
			return b.Show(ctx, session.Ref{ID: t.ID, SessionToken: &t})
		})
	})
	if err == nil && view.State.Finished() {
		return errOver
	}
	return err
}

// complete claims the recording until it is answered.
func (r *recorder) complete() error {
	r.claiming = true
	if r.whenWhole && r.oneIn(2) { // it is killed, now that all is stored
		if !r.plan.kms { // else a PUT that lands twice has another ETag than was reported, and looks like another part
			r.witness.abandon(r)
		}
		return errGone
	}
	if r.plan.ambush && r.takes == 1 {
		for _, b := range []blow{stalePart, salvage, flush} {
			r.strike(b)
			r.sleep(time.Second)
		}
	}
	if r.plan.unlisted && r.takes == 1 { // a part of the right size and of other bytes: does anybody notice?
		r.strike(stalePart)
		r.sleep(time.Second)
	}
	for {
		claim := r.claim()
		if r.plan.scene.regret && r.takes == 1 {
			_, _ = r.sendClaim(claim)
			r.abort()
			return errOver
		}
		if err := r.reportWhatIsNotSaid(claim); err != nil && !errors.Is(err, errPending) {
			return err
		}
		done, err := insist(r, func() (*session.Session, error) { return r.sendClaim(claim) })
		var differ *session.Error
		switch {
		case errors.As(err, &differ) && differ.Reason == "parts-differ":
			if err := r.mend(differ.Parts); err != nil && !errors.Is(err, errPending) {
				return err
			}
		case err != nil && !errors.Is(err, errPending):
			return err
		case err == nil && done.State == session.Completed:
			r.witness.acknowledged(done, r.token.UploadID, claim)
			switch blind := silent(claim); {
			case blind && r.witness.lapses != r.lapses: // nothing knows any more what the parts should be
				if r.witness.doubted++; r.algorithm != session.NoChecksum {
					r.witness.accuse("a checksum says what a part should be", "%s doubts its recording with %s", r.name, r.algorithm)
				}
			case blind:
				r.witness.blind++
				fallthrough
			default:
				r.witness.letGo(done.ID, r.pieces)
			}
			r.afterwards(claim, *done.Result)
			return nil
		}
		if err := r.pause(); err != nil {
			return err
		}
	}
}

// reportWhatIsNotSaid tells of all parts that are stored, where the claim gives
// no more than their sizes.
func (r *recorder) reportWhatIsNotSaid(claim session.Claim) error {
	if !silent(claim) {
		return nil
	}
	var all []session.Part
	for _, p := range r.pieces {
		all = append(all, r.stored[p.number])
	}
	lapses := r.witness.lapses
	_, err := r.parts(all, nil)
	if err == nil {
		r.lapses = lapses
	}
	return err
}

func silent(c session.Claim) bool { return c.Parts[0].ETag == "" && c.Parts[0].Checksum == "" }

// afterwards is what a client may still do with a completed recording, of which
// it was told.
func (r *recorder) afterwards(claim session.Claim, told session.Result) {
	if r.plan.scene.insist || r.oneIn(4) {
		r.sleep(r.upTo(2 * limits.KeepRecord))
		done, err := r.sendClaim(claim)
		switch {
		case err == nil && done.State == session.Completed:
			r.witness.acknowledged(done, r.token.UploadID, claim)
		case session.KindOf(err) == session.Unavailable:
		case session.ReasonOf(err) == "completed-otherwise" && !r.vouched(claim, told):
			r.witness.disowned++
		default:
			r.witness.accuse("a completed session answers the same as long as its object exists", "%s: %v, %v", r.token.ID, done, err)
		}
	}
	if r.plan.scene.erase || r.oneIn(8) {
		r.erase()
	}
}

// vouched reports whether the record still has all that told that the object is
// what was claimed, or the object alone can tell it. With KMS it has no ETag that
// says so, and a checksum only where S3 keeps one.
func (r *recorder) vouched(claim session.Claim, told session.Result) bool {
	if now := r.world.record(r.token.ID); now != nil && now.Result != nil && reflect.DeepEqual(*now.Result, told) {
		return true
	}
	return !silent(claim) && (!r.plan.kms || claim.Parts[0].Checksum.Algorithm().Kept())
}

// mend PUTs those parts again that S3 has otherwise.
func (r *recorder) mend(differ []session.Difference) error {
	for _, d := range differ {
		if d.Want == nil {
			r.witness.accuse("an honest recorder is answered truly", "%s never PUT part %d of %s", r.name, d.Number, r.token.ID)
			return errOver
		}
		if err := r.save(r.pieces[d.Number-1]); err != nil {
			return err
		}
	}
	return nil
}

func (r *recorder) sendClaim(claim session.Claim) (*session.Session, error) {
	t := r.token
	r.witness.claimed(t.ID, claim)
	return ask(r.actor, fmt.Sprintf("complete %s", t.ID), &t, func(ctx context.Context, b *session.Broker) (*session.Session, error) {
		return b.Complete(ctx, session.Ref{ID: t.ID, SessionToken: &t}, claim)
	})
}

// claim says what the recording consists of. With checksums it names the parts
// by those, by their ETags, or both, another time otherwise; without, by their
// ETags or, where the page cannot read them, by nothing but sizes: what was
// reported counts. With KMS S3 tells nothing of an MD5, so both are named.
func (r *recorder) claim() (c session.Claim) {
	by, untold := r.chance.IntN(3), r.algorithm == session.MD5 && r.plan.kms
	bound := r.algorithm != session.NoChecksum
	for _, p := range r.pieces {
		part := r.stored[p.number]
		part.StoredAt = time.Time{}
		switch {
		case untold: // both, each time: what S3 does not tell must be no difference
		case r.hidden || bound && by == 0:
			part.ETag = ""
		case bound && by == 1:
			part.Checksum = ""
		}
		c.Parts = append(c.Parts, part)
		c.Size += p.size
	}
	return c
}

// insist repeats a call until it is answered. The recorder tells apart what
// can be tried again, what ends the session, and what must not happen to it.
func insist[T any](r *recorder, call func() (T, error)) (T, error) {
	for {
		value, err := call()
		switch session.ReasonOf(err) {
		case "parts-differ", "":
			if session.KindOf(err) != session.Unavailable {
				return value, err
			}
		case "completed-otherwise":
			r.witness.disowned++
			return value, errOver
		case "lost", "aborted", "salvaged", "completed", "superseded", "deleted":
			return value, errOver
		case "completing", "s3-refused":
			if r.claiming { // a claim settles it, and nothing else need to
				return value, errPending
			}
		default:
			if session.KindOf(err) != session.Unavailable {
				r.witness.accuse("an honest recorder is answered truly", "%s got %v", r.name, err)
				return value, errOver
			}
		}
		if err := r.pause(); err != nil {
			return value, err
		}
	}
}

// put sends a part straight to S3. It is acknowledged, refused, or nobody
// knows: then the bytes may still arrive, long after their replacement.
func (r *recorder) put(url session.SignedPart, p piece) (session.Part, error) {
	u := session.UploadID(url.URL)
	r.sleep(r.latency())
	switch {
	case time.Now().After(url.ExpiresAt), r.mishap() && r.oneIn(2):
		return session.Part{}, noAnswer(nil)
	case r.mishap():
		r.arriveLater(u, p, r.upTo(30*time.Minute))
		return session.Part{}, noAnswer(nil)
	}
	part, err := r.s3.put(u, p.number, p.size, p.bytes)
	r.tell("PUT %d of %s with %s: %v", p.number, u, p.bytes, word(err))
	r.sleep(r.latency())
	if r.mishap() {
		return session.Part{}, noAnswer(nil)
	}
	return part, err
}

// arriveLater lets a PUT that nobody waits for any more end some time after.
func (w *world) arriveLater(u session.UploadID, p piece, after time.Duration) {
	if up := w.s3.uploads[u]; up != nil {
		up.coming++
	}
	w.spawn("stale", nil, after, func(a *actor) {
		if up := a.s3.uploads[u]; up != nil {
			up.coming--
		}
		_, err := a.s3.put(u, p.number, p.size, p.bytes)
		a.tell("PUT %d of %s with %s: %v", p.number, u, p.bytes, err)
	})
}
