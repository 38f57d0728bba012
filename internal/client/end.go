package client

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"slipway/internal/session"
)

// Ended is what became of a session that was completed, salvaged or aborted.
// An aborted session has an ID and a state only.
type Ended struct {
	ID      session.ID           `json:"id"`
	State   session.State        `json:"state"`
	Size    int64                `json:"size"`
	Outcome session.Outcome      `json:"outcome"`
	Missing []session.PartNumber `json:"missing"`

	RetryAfterMs int64 `json:"retry_after_ms"` // while S3 is not done
}

// Abort gives a session up. If ifMatch is not 0, and the session changed since
// that revision, Abort is refused ("precondition-failed").
func (c *Client) Abort(ctx context.Context, id session.ID, ifMatch session.Revision) (Answer[Ended], error) {
	return c.settled(ctx, call{method: http.MethodDelete, path: sessionPath(id), ifMatch: ifMatch})
}

// Salvage completes a session from the parts that arrived; ifMatch is as in
// Abort.
func (c *Client) Salvage(ctx context.Context, id session.ID, ifMatch session.Revision) (Answer[Ended], error) {
	return c.settled(ctx, call{method: http.MethodPost, path: sessionPath(id) + "/salvage", ifMatch: ifMatch})
}

// Complete completes a session with the claim that what S3 has of it is all
// there is. It is refused ("conflict") if the broker knows of more parts, or
// if there are none. ifMatch is as in Abort. If a part changes between the
// lookup and the claim, the broker notices that by its ETag.
func (c *Client) Complete(ctx context.Context, id session.ID, ifMatch session.Revision) (Answer[Ended], error) {
	seen, err := c.Show(ctx, id)
	if err != nil {
		return Answer[Ended]{}, err
	}
	s := seen.V
	switch {
	case s.State == session.Completed:
		return Answer[Ended]{V: Ended{ID: s.ID, State: s.State, Size: s.Size, Outcome: s.Outcome, Missing: s.Missing}, JSON: seen.JSON}, nil
	case ifMatch > 0 && s.Revision != ifMatch:
		return Answer[Ended]{}, refused(session.PreconditionFailed, session.ReasonRevision, "the session is at revision %d, not %d", s.Revision, ifMatch)
	case s.State == session.Aborted || s.State == session.Deleted || s.State == session.Aborting:
		return Answer[Ended]{}, refused(session.Conflict, session.Reason(s.State), "the session is %s", s.State)
	case s.State == session.Completing:
		return Answer[Ended]{}, refused(session.Conflict, session.ReasonCompleting, "S3 is putting it together already; look again later")
	case len(s.Missing) > 0:
		return Answer[Ended]{}, refused(session.Conflict, session.ReasonHole, "S3 lacks %s, or has it with other bytes than were reported; salvage completes it without", Numbers(s.Missing))
	case len(s.Parts) == 0:
		return Answer[Ended]{}, refused(session.Conflict, session.ReasonEmpty, "nothing was uploaded; abort the session")
	}
	return c.Claim(ctx, id, s.Parts)
}

func refused(kind session.Kind, reason session.Reason, format string, args ...any) error {
	return &Error{Code: kind.String(), Reason: string(reason), Detail: fmt.Sprintf(format, args...)}
}

// Numbers names parts: "part 2", or "parts 2-5, 9".
func Numbers(parts []session.PartNumber) string {
	var runs []string
	for i := 0; i < len(parts); {
		first, last := parts[i], parts[i]
		for i++; i < len(parts) && parts[i] == last+1; i++ {
			last++
		}
		if first == last {
			runs = append(runs, fmt.Sprint(first))
		} else {
			runs = append(runs, fmt.Sprintf("%d-%d", first, last))
		}
	}
	const shown = 8 // a salvaged recording can lack every second part
	if len(runs) > shown {
		runs = append(slices.Clip(runs[:shown]), fmt.Sprintf("and %d more", len(runs)-shown))
	}
	if len(parts) == 1 {
		return "part " + runs[0]
	}
	return "parts " + strings.Join(runs, ", ")
}

const settleWithin = time.Minute

// settled repeats a call until the broker says that it is done. S3 may take
// long; then the broker says so, and when to ask again.
func (c *Client) settled(ctx context.Context, what call) (Answer[Ended], error) {
	for deadline := time.Now().Add(settleWithin); ; {
		var a Answer[Ended]
		status, err := c.do(ctx, what, &a)
		if err != nil || status != http.StatusAccepted {
			return a, err
		}
		wait := max(time.Duration(a.V.RetryAfterMs)*time.Millisecond, firstWait)
		if time.Now().Add(wait).After(deadline) {
			return a, refused(session.Unavailable, pending, "the session is still %s; give the same command again to go on", a.V.State)
		}
		if err := sleep(ctx, wait); err != nil {
			return a, err
		}
	}
}
