package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

// retryAfter is what a client is told when Redis does not answer: a failover
// takes seconds, a restart less.
const retryAfter = time.Second

// reply is what a script answered: a word, the time on its node, and what the
// word calls for.
type reply struct {
	word  string
	now   time.Time
	value any
	err   error
}

func run(ctx context.Context, c redis.Scripter, script *redis.Script, keys []string, args ...any) reply {
	values, err := script.Run(ctx, c, keys, args...).Slice()
	if err != nil {
		return reply{err: err}
	}
	if len(values) < 2 {
		return reply{word: fmt.Sprint(values)}
	}
	word, _ := values[0].(string)
	now, _ := values[1].(int64)
	r := reply{word: word, now: instant(now)}
	if len(values) > 2 {
		r.value = values[2]
	}
	return r
}

// record returns the record in r, or the error that r is.
func (r reply) record(op string, id session.ID) (*record, error) {
	if r.err != nil {
		return nil, failed(op, id, r.err)
	}
	switch r.word {
	case "ok":
		value, _ := r.value.(string)
		rec, err := decodeRecord(id, value)
		if err != nil {
			return nil, dress(op, id, session.Internal, err)
		}
		rec.session.ReadAt = r.now
		return rec, nil
	case "none":
		return nil, notFound(op, id)
	case "stale":
		return nil, &session.Error{Kind: session.Conflict, Reason: "stale", Op: op, Detail: fmt.Sprintf("the session has revision %v by now", r.value)}
	case "unreadable":
		return nil, dress(op, id, session.Internal, errUnreadable)
	}
	return nil, dress(op, id, session.Internal, fmt.Errorf("the script answered %q", r.word))
}

var errUnreadable = errors.New("the record is not one of ours")

func notFound(op string, id session.ID) error {
	return &session.Error{Kind: session.NotFound, Reason: "unknown-session", Op: op, Detail: fmt.Sprintf("no session %s", id)}
}

func dress(op string, id session.ID, kind session.Kind, err error) error {
	return &session.Error{Kind: kind, Op: op, Detail: fmt.Sprintf("session %s", id), Err: err}
}

// failed dresses what go-redis returned. Nearly all of it means that Redis
// cannot be asked right now; an error in a script or a key of another type is
// a fault that no waiting mends.
func failed(op string, id session.ID, err error) error {
	if redis.HasErrorPrefix(err, "WRONGTYPE") || redis.HasErrorPrefix(err, "user_script") || redis.HasErrorPrefix(err, "Error ") {
		return dress(op, id, session.Internal, err)
	}
	return &session.Error{Kind: session.Unavailable, Reason: "redis", Op: op, RetryAfter: retryAfter, Detail: "Redis does not answer", Err: err}
}
