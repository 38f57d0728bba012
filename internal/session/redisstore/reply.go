package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/session"
)

// retryAfter is how long a client is told to wait if Redis does not answer: a failover
// takes seconds, a restart less. If Redis' memory is full, a person has to help.
const (
	retryAfter     = time.Second
	retryAfterFull = 10 * time.Second
)

// reply is what a script answered: a word, the time on its node, and what the
// word calls for.
type reply struct {
	word  string
	now   time.Time
	value any
	more  []any // of a swap: the notices that there was no room for
	err   error
}

// call is a call of a script, with its keys and arguments.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
}

func run(ctx context.Context, c redis.Scripter, what call) reply {
	return newReply(what.script.Run(ctx, c, what.keys, what.args...))
}

// runAll makes calls in one pipelined round trip, or in two if a node does not know a
// script yet. The replies have the order of the calls.
func runAll(ctx context.Context, c redis.UniversalClient, calls []call) []reply {
	cmds := make([]*redis.Cmd, len(calls))
	pipe := c.Pipeline()
	for i, what := range calls {
		cmds[i] = what.script.EvalSha(ctx, pipe, what.keys, what.args...)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	pipe = c.Pipeline()
	for i, what := range calls {
		if redis.HasErrorPrefix(cmds[i].Err(), "NOSCRIPT") {
			cmds[i] = what.script.Eval(ctx, pipe, what.keys, what.args...)
		}
	}
	_, _ = pipe.Exec(ctx) // sends nothing where there is nothing
	replies := make([]reply, len(calls))
	for i, cmd := range cmds {
		replies[i] = newReply(cmd)
	}
	return replies
}

func newReply(cmd *redis.Cmd) reply {
	values, err := cmd.Slice()
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
	if len(values) > 3 {
		r.more, _ = values[3].([]any)
	}
	return r
}

// record returns the record in r, or the error that r stands for.
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
		return nil, &session.Error{Kind: session.Conflict, Reason: session.ReasonStale, Op: op, Detail: fmt.Sprintf("the session has revision %v by now", r.value)}
	case "finished":
		return nil, dress(op, id, session.Internal, errFinished)
	case "unreadable":
		return nil, dress(op, id, session.Internal, errUnreadable)
	}
	return nil, dress(op, id, session.Internal, fmt.Errorf("the script answered %q", r.word))
}

var (
	errUnreadable = errors.New("what Redis holds is not ours")
	errFinished   = errors.New("a finished session does not come back to life")
)

func notFound(op string, id session.ID) error {
	return &session.Error{Kind: session.NotFound, Reason: session.ReasonUnknownSession, Op: op, Detail: fmt.Sprintf("no session %s", id)}
}

func dress(op string, id session.ID, kind session.Kind, err error) error {
	return &session.Error{Kind: kind, Op: op, Detail: fmt.Sprintf("session %s", id), Err: err}
}

// failed turns an error of go-redis into a session.Error. Nearly always it means that
// Redis cannot answer now. An error in a script, or a key of another type, is a fault that
// does not pass by waiting.
func failed(op string, id session.ID, err error) error {
	if errors.Is(err, errUnreadable) || redis.HasErrorPrefix(err, "WRONGTYPE") || redis.HasErrorPrefix(err, "user_script") || redis.HasErrorPrefix(err, "Error ") {
		return dress(op, id, session.Internal, err)
	}
	e := &session.Error{Kind: session.Unavailable, Reason: session.ReasonRedis, Op: op, RetryAfter: retryAfter, Detail: "Redis does not answer", Err: err}
	switch word := refusal(err); word {
	case "":
	case outOfMemory:
		e.Reason, e.RetryAfter, e.Detail = session.ReasonRedisFull, retryAfterFull, "Redis has no memory left for another recording ("+word+")"
	default:
		e.Detail = "Redis answers, and refuses (" + word + ")"
	}
	return e
}

// outOfMemory is Redis' word if maxmemory is reached and Redis may evict nothing.
const outOfMemory = "OOM"

// noAccess is Redis' word to a connection that has not sent the password.
const noAccess = "NOAUTH"

// refusal is the first word of what Redis answered, which names the kind of its
// errors: READONLY, MISCONF and the like. It is empty where err is no answer.
func refusal(err error) string {
	e, ok := errors.AsType[redis.Error](err)
	if !ok || errors.Is(err, redis.Nil) {
		return ""
	}
	word, _, _ := strings.Cut(e.Error(), " ")
	return word
}
