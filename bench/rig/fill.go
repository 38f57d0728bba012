//go:build linux

package rig

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"slipway/internal/access"
	"slipway/internal/bucket"
	"slipway/internal/session"
	"slipway/internal/session/redisstore"
)

// What a session holds that Fill opens: 100 MiB, from somebody with others.
const (
	partsEach    = 20
	sessionsEach = 20 // of an owner
	fillers      = 32 // connections at once
)

// noUploads is a bucket that opens uploads and keeps none: a million of them
// would only measure the S3 server.
type noUploads struct{ session.Bucket }

func (noUploads) Name() string { return "bench" }

// Create returns an ID as long as AWS' are.
func (noUploads) Create(_ context.Context, n session.NewUpload) (session.Upload, error) {
	algorithm := session.NoChecksum
	if len(n.Algorithms) > 0 {
		algorithm = n.Algorithms[0]
	}
	id := session.UploadID(rand.Text() + rand.Text() + rand.Text() + rand.Text() + rand.Text()[:24])
	return session.Upload{Key: n.Key, ID: id, Algorithm: algorithm}, nil
}

// Fill opens n sessions in redis, by the broker's own code, and reports their
// parts. It returns a signer for some of them, spread over all.
func (w *World) Fill(ctx context.Context, redis *Redis, n, some int) (*Signer, error) {
	key, err := base64.StdEncoding.DecodeString(w.tokenKey)
	if err != nil {
		return nil, err
	}
	keyring, err := access.NewKeyring(nil, [][]byte{key}, time.Now)
	if err != nil {
		return nil, err
	}
	name := bucket.New(w.Client(), bucket.Options{Endpoint: w.S3.Endpoint, Bucket: w.S3.Bucket}).Name()
	sessions := make([]Session, min(n, some))
	store, err := redisstore.Open(ctx, redis.URL()+"?pool_size="+fmt.Sprint(fillers), "slipway")
	if err != nil {
		return nil, err
	}
	defer store.Close() //nolint:errcheck // nothing is left unsent
	broker := &session.Broker{Store: store, Bucket: noUploads{}, Now: time.Now, Limits: session.Limits{KeyPrefix: "recordings/", PartSize: PartSize, MaxBytes: 50_000 << 20,
		URLTTL: 15 * time.Minute, MaxURLTTL: 24 * time.Hour, SessionTTL: 192 * time.Hour, KeepRecord: 168 * time.Hour}}
	group, ctx := errgroup.WithContext(ctx)
	for filler := range fillers {
		group.Go(func() error {
			for i := filler; i < n && ctx.Err() == nil; i += fillers {
				s, err := openFull(ctx, broker, session.Owner(fmt.Sprintf("user-%d", i/sessionsEach)))
				if err != nil {
					return err
				}
				if every := n / len(sessions); i%every == 0 && i/every < len(sessions) {
					sessions[i/every] = Session{string(s.ID), keyring.SignSessionToken(s.SessionToken(name))}
				}
			}
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return &Signer{
		Request: func(addr string, conn, n int) []byte { // of a connection one after the other, from a place of its own
			return reportCall(addr, sessions[(conn*(len(sessions)/64+1)+n)%len(sessions)], n%(partsEach-1)+1)
		},
		Beat: func(addr string, conn int) []byte { return partsCall(addr, sessions[conn%len(sessions)], []byte("{}")) },
	}, nil
}

func openFull(ctx context.Context, b *session.Broker, owner session.Owner) (*session.Session, error) {
	opened, err := b.Open(ctx, session.Grant{Owner: owner}, session.OpenRequest{ContentType: "video/webm"}, nil)
	if err != nil {
		return nil, err
	}
	parts := make([]session.Part, partsEach)
	for i := range parts {
		var sum [16]byte
		_, _ = rand.Read(sum[:]) // never fails since Go 1.24
		parts[i] = session.Part{Number: session.PartNumber(i + 1), Size: PartSize, ETag: session.ETag(fmt.Sprintf(`"%x"`, sum))}
	}
	return b.Store.Report(ctx, opened.Session.ID, session.Report{Parts: parts})
}
