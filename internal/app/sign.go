package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"slipway/internal/bucket"
	"slipway/internal/presign"
	"slipway/internal/session"
)

// SignSettings say whose credentials sign URLs. Those that sign parts need no
// permission to read. Some S3 servers carry out an x-amz-copy-source that
// nobody signed; there, a part's URL can read what its signer may read.
type SignSettings struct {
	SigningRole       string `name:"s3-signing-role" env:"BROKER_S3_SIGNING_ROLE" placeholder:"ARN" group:"S3" help:"Role to assume for signing URLs, apart from the broker's own requests; see deploy/iam. Its URLs live for an hour at most. Default: none, so both use the same credentials."`
	SigningAccessKey  string `name:"s3-signing-access-key-id" env:"BROKER_S3_SIGNING_ACCESS_KEY_ID" placeholder:"KEY" group:"S3" help:"Access key that signs URLs, if there are no roles. Default: none."`
	SigningSecretKey  string `name:"s3-signing-secret-access-key" env:"BROKER_S3_SIGNING_SECRET_ACCESS_KEY" secret:"" placeholder:"KEY" group:"S3" help:"Its secret. Default: none."`
	PlaybackRole      string `name:"s3-playback-role" env:"BROKER_S3_PLAYBACK_ROLE" placeholder:"ARN" group:"S3" help:"Role to assume for signing playback URLs alone, so that the role that signs parts needs no s3:GetObject. Default: none, so one role signs both."`
	PlaybackAccessKey string `name:"s3-playback-access-key-id" env:"BROKER_S3_PLAYBACK_ACCESS_KEY_ID" placeholder:"KEY" group:"S3" help:"Access key that signs playback URLs alone, if there are no roles. Default: none."`
	PlaybackSecretKey string `name:"s3-playback-secret-access-key" env:"BROKER_S3_PLAYBACK_SECRET_ACCESS_KEY" secret:"" placeholder:"KEY" group:"S3" help:"Its secret. Default: none."`
}

// identity is the credentials that sign one kind of URLs.
type identity struct{ name, role, key, secret string }

func (s *SignSettings) signing() identity {
	return identity{"BROKER_S3_SIGNING", s.SigningRole, s.SigningAccessKey, s.SigningSecretKey}
}

func (s *SignSettings) playback() identity {
	return identity{"BROKER_S3_PLAYBACK", s.PlaybackRole, s.PlaybackAccessKey, s.PlaybackSecretKey}
}

// set says whether there are credentials of its own.
func (i identity) set() bool { return i.role != "" || i.key != "" || i.secret != "" }

func (s *SignSettings) resolve() (p problems) {
	p = append(s.signing().resolve(), s.playback().resolve()...)
	if s.playback().set() && !s.signing().set() {
		p.add("BROKER_S3_PLAYBACK_ROLE", errors.New("and BROKER_S3_PLAYBACK_ACCESS_KEY_ID need BROKER_S3_SIGNING_ROLE or BROKER_S3_SIGNING_ACCESS_KEY_ID: otherwise the broker's own credentials, which may read, would sign parts"))
	}
	return p
}

func (i identity) resolve() (p problems) {
	isRole := strings.HasPrefix(i.role, "arn:") && strings.Contains(i.role, ":role/")
	switch {
	case i.role != "" && !isRole:
		p.add(i.name+"_ROLE", fmt.Errorf("%q is not the ARN of a role, such as arn:aws:iam::123456789012:role/slipway-signing", i.role))
	case i.role != "" && i.key != "":
		p.add(i.name+"_ROLE", fmt.Errorf("and %s_ACCESS_KEY_ID are both set; one of them is enough", i.name))
	}
	switch {
	case strings.ContainsFunc(i.key, func(r rune) bool { return r <= ' ' || r > '~' }):
		p.add(i.name+"_ACCESS_KEY_ID", errors.New("contains a character that no access key has, such as a space"))
	case i.key == "" && i.secret != "":
		p.add(i.name+"_ACCESS_KEY_ID", errors.New("is required with its secret"))
	}
	if i.key != "" && i.secret == "" {
		p.add(i.name+"_SECRET_ACCESS_KEY", fmt.Errorf("is required with %s_ACCESS_KEY_ID", i.name))
	}
	return p
}

// sign lets i sign cfg's requests, if it is set.
func (i identity) sign(cfg *aws.Config) {
	switch {
	case i.role != "":
		cfg.Credentials = assumeRole(i.role, *cfg)
	case i.key != "":
		cfg.Credentials = credentials.NewStaticCredentialsProvider(i.key, i.secret, "")
	}
}

// urls signs parts by one identity and playback by another.
type urls struct {
	*presign.Signer // of parts
	playback        *presign.Signer
}

var _ session.Signer = urls{}

// SignGet signs playback.
func (u urls) SignGet(ctx context.Context, key session.Key, as session.Playback, ttl time.Duration) (session.SignedGet, error) {
	return u.playback.SignGet(ctx, key, as, ttl)
}

// signer makes the URLs that browsers get.
func (c S3Clients) signer(ctx context.Context, bucketName string, keep bucket.Keep, now func() time.Time) (urls, error) {
	parts, err := presign.New(ctx, c.Public, bucketName, now)
	if err != nil {
		return urls{}, err
	}
	parts = parts.Keeping(presign.Keep{Encryption: string(keep.Encryption), KMSKey: keep.KMSKey, Tagging: keep.Tagging()})
	if c.Playback == c.Public {
		return urls{parts, parts}, nil
	}
	playback, err := presign.New(ctx, c.Playback, bucketName, now)
	return urls{parts, playback}, err
}
