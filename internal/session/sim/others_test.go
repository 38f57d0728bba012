package sim

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/session"
)

// lie is what a client does that is broken, or wants to do harm: with a token
// of its own it sends whatever it likes. No promise holds for its recording,
// and all of the others'.
func (r *recorder) lie() {
	r.stored = map[session.PartNumber]session.Part{}
	if r.open() != nil {
		return
	}
	for range 2 + r.chance.IntN(12) {
		switch r.chance.IntN(9) {
		case 0, 1, 2:
			r.putAnything()
		case 3:
			r.reportAnything()
		case 4, 5, 6:
			r.claimAnything()
		case 7:
			r.abort()
		case 8:
			r.renew()
		}
		if r.pause() != nil {
			return
		}
	}
}

func (r *recorder) anyPiece() piece {
	size := limits.PartSize - r.chance.Int64N(2)
	return piece{1 + session.PartNumber(r.chance.IntN(4)), size, fmt.Sprintf("%s lie %d of %d bytes", r.name, r.chance.IntN(3), size)}
}

func (r *recorder) putAnything() {
	p := r.anyPiece()
	url := session.SignedPart{URL: session.SignedURL(r.token.UploadID), ExpiresAt: time.Now().Add(time.Minute)}
	if part, err := r.put(url, p); err == nil {
		r.stored[p.number] = part
	}
}

func (r *recorder) reportAnything() {
	part := r.anyPart()
	t := r.token
	_, _ = ask(r.actor, "false report", &t, func(ctx context.Context, b *session.Broker) (*session.Session, error) {
		s, _, err := b.Parts(ctx, &t, []session.Part{part}, nil, 0)
		return s, err
	})
}

func (r *recorder) anyPart() session.Part {
	p := r.anyPiece()
	return session.Part{Number: p.number, Size: p.size, ETag: session.ETag(fmt.Sprintf(`"%032x"`, r.chance.IntN(3)))}
}

// claimAnything claims what is true of some parts and false of others.
func (r *recorder) claimAnything() {
	var c session.Claim
	for number := range session.PartNumber(5) {
		part, ok := r.stored[number+1]
		switch {
		case r.oneIn(8):
			part = r.anyPart()
		case !ok:
			continue
		}
		if r.oneIn(3) && part.ETag != "" {
			part.ETag = ""
		}
		c.Parts = append(c.Parts, part)
		c.Size += part.Size
	}
	done, err := r.sendClaim(c)
	if err == nil && done.State == session.Completed {
		r.witness.acknowledged(done, r.token.UploadID, c)
	}
}

func (r *recorder) abort() {
	t := r.token
	r.witness.life(t.ID).abortAsked = true
	_, _ = ask(r.actor, fmt.Sprintf("abort %s", t.ID), &t, func(ctx context.Context, b *session.Broker) (*session.Session, error) {
		return b.Abort(ctx, session.Ref{ID: t.ID, SessionToken: &t}, 0)
	})
}

func (r *recorder) renew() {
	t := r.token
	_, _ = ask(r.actor, fmt.Sprintf("renew %s", t.ID), &t, func(ctx context.Context, b *session.Broker) (*session.Session, error) {
		return b.Renew(ctx, t, r.owner)
	})
}

// operator is somebody with an API key, who lists sessions and ends some.
type operator struct{ *actor }

func (o operator) operate() {
	for !o.calm {
		o.sleep(o.upTo(20 * time.Minute))
		page, err := ask(o.actor, "list", nil, func(ctx context.Context, b *session.Broker) (session.Page, error) {
			return b.List(ctx, session.Query{Limit: 10})
		})
		if err != nil || len(page.Sessions) == 0 {
			continue
		}
		s := page.Sessions[o.chance.IntN(len(page.Sessions))]
		since := s.Revision
		if o.oneIn(2) {
			since = 0
		}
		if o.oneIn(2) {
			o.sleep(o.upTo(5 * time.Minute)) // people read before they act
		}
		o.end(s, since)
	}
}

func (o operator) end(s *session.Session, since session.Revision) {
	ref, life := session.Ref{ID: s.ID}, o.witness.life(s.ID)
	switch o.chance.IntN(3) {
	case 0:
		life.abortAsked = true
		_, _ = ask(o.actor, fmt.Sprintf("abort %s", s.ID), nil, func(ctx context.Context, b *session.Broker) (*session.Session, error) {
			return b.Abort(ctx, ref, since)
		})
	case 1:
		o.salvage(ref, since)
	case 2:
		_, _ = ask(o.actor, fmt.Sprintf("watch %s", s.ID), nil, func(ctx context.Context, b *session.Broker) (session.Recording, error) {
			return b.Watch(ctx, ref)
		})
	}
}

func (o operator) salvage(ref session.Ref, since session.Revision) {
	o.witness.life(ref.ID).salvageAsked = true
	_, _ = ask(o.actor, fmt.Sprintf("salvage %s", ref.ID), nil, func(ctx context.Context, b *session.Broker) (*session.Session, error) {
		return b.Salvage(ctx, ref, since)
	})
}

// erase deletes the finished recording for good.
func (r *recorder) erase() {
	t := r.token
	r.sleep(r.upTo(time.Hour))
	r.witness.life(t.ID).deleteAsked = true
	for range 3 {
		_, err := ask(r.actor, fmt.Sprintf("delete %s", t.ID), &t, func(ctx context.Context, b *session.Broker) (struct{}, error) {
			return struct{}{}, b.Delete(ctx, session.Ref{ID: t.ID, SessionToken: &t})
		})
		if err == nil {
			return
		}
		r.sleep(r.upTo(time.Minute))
	}
}

// reap runs a broker's rounds.
func (a *actor) reap(n *node) {
	for a.clients > 0 || !a.calm {
		a.sleep(15*time.Minute + a.upTo(time.Hour))
		if time.Now().Before(n.downTo) {
			continue
		}
		a.spawn(n.name+"/reap", n, a.latency(), func(round *actor) {
			round.live()
			round.round()
		})
	}
}

// round is one Reap and one Sweep.
func (a *actor) round() {
	reaped, err := a.node.broker.Reap(a.context())
	a.tell("reaped %+v: %v", reaped, err)
	swept, err := a.node.broker.Sweep(a.context())
	a.tell("swept %+v: %v", swept, err)
}

// probe runs a broker's rounds of probing whether sessions are whole.
func (a *actor) probe(n *node) {
	for a.clients > 0 || !a.calm {
		a.sleep(a.upTo(4 * time.Minute))
		if time.Now().Before(n.downTo) {
			continue
		}
		a.spawn(n.name+"/probe", n, a.latency(), func(round *actor) {
			round.live()
			round.probeRound()
		})
	}
}

func (a *actor) probeRound() {
	due, err := a.node.broker.DueProbes(a.context(), 10)
	if err != nil || len(due) == 0 {
		return
	}
	for _, s := range due {
		_, _, err := a.node.broker.FinishIfWhole(a.context(), s)
		a.tell("probed %s: %v", s.ID, err)
	}
}

// befall deals the blows that chance has for this schedule.
func (a *actor) befall() {
	for range a.plan.blows {
		a.sleep(a.upTo(a.plan.storm / 2))
		a.strike([]blow{flush, flush, endUpload, stalePart}[a.chance.IntN(4)])
	}
}

// strike deals a blow to the Store or to S3, a moment from now.
func (a *actor) strike(b blow) {
	a.spawn("fate", nil, a.latency(), func(fate *actor) {
		uploads := fate.s3.listUploads("", session.UploadCursor{}, session.MaxPage).Uploads
		if fate.calm || b == nothing || b != flush && len(uploads) == 0 {
			return
		}
		fate.tell("blow %d falls", b)
		switch b {
		case flush:
			fate.flush()
		case endUpload:
			for _, u := range uploads {
				delete(fate.s3.uploads, u.ID)
				fate.witness.destroyed[u.ID] = true
			}
		case stalePart:
			u := uploads[fate.chance.IntN(len(uploads))]
			if fate.s3.uploads[u.ID].signed && fate.witness.life(idOf(u.Key)).announced == nil { // who announces PUTs nothing else before
				u := u.ID
				fate.arriveLater(u, piece{1, limits.PartSize, "long thought dead"}, 0)
			}
		case salvage:
			for _, u := range uploads {
				operator{fate}.salvage(session.Ref{ID: idOf(u.Key)}, 0)
			}
		}
	})
}
