package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"slipway/internal/session"
)

// lookWithin bounds the check at the start; the SDK asks for credentials in
// several places, one after the other.
const lookWithin = 20 * time.Second

// look asks once whether S3 and Redis are there, as /readyz does, and logs in
// one line what is not. The broker serves meanwhile, because they may come
// later.
func look(ctx context.Context, b *session.Broker, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	trouble := errors.Join(lookAtS3(ctx, b), b.Store.Ping(ctx))
	if trouble == nil || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	log.Warn("not ready", slog.String("reason", trouble.Error()), slog.String("mend", "run broker doctor"))
}

// lookAtS3 begins with the credentials. Without any, S3 would name something
// else that is missing.
func lookAtS3(ctx context.Context, b *session.Broker) error {
	if _, err := b.Signer.SignGet(ctx, b.Key(anyID), session.Playback{}, time.Minute); err != nil {
		return err
	}
	return b.Bucket.Ping(ctx)
}

// anyID is a well-formed ID that no session has.
const anyID session.ID = "00aaaaaaaaaaaaaaaaaaaaaaaaaaw"
