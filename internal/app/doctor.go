package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"slipway/internal/bucket"
	"slipway/internal/bucketrules"
	"slipway/internal/doctor"
	"slipway/internal/session/redisstore"
)

// BucketSettings is what determines the bucket's own rules.
type BucketSettings struct {
	SiteSettings   `embed:""`
	S3             S3Settings `embed:""`
	RecordSettings `embed:""`
	CareSettings   `embed:""`
}

// DoctorSettings is what doctor needs: the addresses of Redis and S3, and what
// the broker expects of them.
type DoctorSettings struct {
	BucketSettings `embed:""`
	Keep           KeepSettings `embed:""`
	RedisSettings  `embed:""`
}

func (s *BucketSettings) resolve() problems {
	p := slices.Concat(s.SiteSettings.resolve(), s.S3.resolve(), s.CareSettings.resolve())
	return append(p, ranges(s)...)
}

func (s *DoctorSettings) resolve() problems {
	return slices.Concat(s.BucketSettings.resolve(), s.Keep.resolve(), s.RedisSettings.resolve())
}

// Diagnose checks whether S3 and Redis do what a broker needs; see doctor.Run.
// s must have been resolved. An error means that nothing could be checked.
func Diagnose(ctx context.Context, s DoctorSettings) (report doctor.Report, err error) {
	clients, err := OpenS3(ctx, s.S3)
	if err != nil {
		return report, err
	}
	signer, err := clients.signer(ctx, s.S3.Bucket, s.Keep.keep(), time.Now)
	if err != nil {
		return report, err
	}
	redis, err := redisstore.Dial(s.RedisURL)
	if err != nil {
		return report, fmt.Errorf("BROKER_REDIS_URL: %w", err)
	}
	defer func() { err = errors.Join(err, redis.Close()) }()
	return doctor.Run(ctx, doctor.Config{
		Redis: redis, RedisPrefix: s.RedisPrefix,
		S3: clients.Control, Bucket: bucket.New(clients.Control, bucket.Options{Endpoint: s.S3.name(), Bucket: s.S3.Bucket, Keep: s.Keep.keep()}),
		Signer: signer, HTTP: clients.Public.Options().HTTPClient, PublicAt: signer.Origin(),
		BucketName: s.S3.Bucket, KeyPrefix: s.S3.KeyPrefix, Endpoint: s.S3.Endpoint, Origins: s.origins(), NoChecksums: s.S3.NoChecksums, PartsReadNothing: clients.Playback != clients.Public, Profile: s.S3.provider(),
		Uploads: s.life(), Now: time.Now,
	}), nil
}

// CompareBucket says how the bucket's rules differ from those the broker wants.
// s must have been resolved.
func CompareBucket(ctx context.Context, s BucketSettings) (bucketrules.Plan, error) {
	clients, err := OpenS3(ctx, s.S3)
	if err != nil {
		return nil, err
	}
	return bucketrules.Look(ctx, clients.Control, s.S3.Bucket, bucketrules.Wanted{Origins: s.origins(), KeyPrefix: s.S3.KeyPrefix, Life: s.life()})
}

func (s *BucketSettings) life() bucketrules.Life {
	return bucketrules.Life{Resume: s.ResumeWindow, Longest: s.SessionTTL}
}

// origins are those of all pages that record, including the broker's own.
func (s *BucketSettings) origins() []string {
	origins := slices.Clone(s.CORSOrigins)
	if u, err := url.Parse(s.PublicURL); err == nil {
		origins = append(origins, originOf(u))
	}
	slices.Sort(origins)
	return slices.Compact(origins)
}

// originOf is the origin as a browser writes it: in small letters, and without
// the port if it is the usual one.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	}
	return u.Scheme + "://" + host
}
