package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/bucket"
	"slipway/internal/session"
	"slipway/internal/session/redisstore"
)

// Rebuild refills Redis with what the bucket knows of sessions. If ids is nil,
// that is all of them; see session.Broker.Rebuild and RebuildThese. s must
// have been resolved.
func Rebuild(ctx context.Context, s RebuildSettings, ids []session.ID, tell func(session.Rebuilt)) (done session.Rebuilt, err error) {
	clients, err := OpenS3(ctx, s.S3)
	if err != nil {
		return done, err
	}
	store, err := redisstore.Open(ctx, s.RedisURL, s.RedisPrefix)
	if err != nil {
		return done, fmt.Errorf("BROKER_REDIS_URL: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Ping(ctx); err != nil { // with an empty bucket, nothing else would ask Redis
		return done, err
	}
	all := Settings{S3: s.S3, RecordSettings: s.RecordSettings}
	broker := &session.Broker{
		Store: store, Limits: all.limits(), Now: time.Now,
		Bucket: bucket.New(clients.Control, s.S3.bucket(bucket.Keep{}, nil)),
	}
	if ids != nil {
		return broker.RebuildThese(ctx, ids, tell)
	}
	return broker.Rebuild(ctx, tell)
}
