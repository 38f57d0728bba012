package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/bucket"
)

// noSSE leaves encryption to the bucket.
const noSSE = "none"

// S3's limits on an object's tags:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html and
// .../API/API_control_S3Tag.html (read 2026-11-22).
const (
	maxTags     = 10
	maxTagName  = 128 // characters
	maxTagValue = 256 // characters
)

func (s *KeepSettings) resolve() problems {
	var p problems
	p.add("BROKER_S3_SSE", checkSSE(s.SSE))
	p.add("BROKER_S3_KMS_KEY", s.checkKMSKey())
	p.add("BROKER_S3_STORAGE_CLASS", checkStorageClass(s.StorageClass))
	_, err := s.tags()
	p.add("BROKER_S3_TAGS", err)
	return p
}

// keep is what s says, in S3's words. s must have been resolved.
func (s *KeepSettings) keep() bucket.Keep {
	k := bucket.Keep{KMSKey: s.KMSKey, StorageClass: types.StorageClass(s.StorageClass)}
	if s.SSE != noSSE {
		k.Encryption = types.ServerSideEncryption(s.SSE)
	}
	k.Tags, _ = s.tags()
	return k
}

func checkSSE(mode string) error {
	switch types.ServerSideEncryption(mode) {
	case noSSE, types.ServerSideEncryptionAes256, types.ServerSideEncryptionAwsKms, types.ServerSideEncryptionAwsKmsDsse:
		return nil
	}
	return fmt.Errorf("%q is not none, AES256, aws:kms or aws:kms:dsse", mode)
}

func (s *KeepSettings) checkKMSKey() error {
	if s.KMSKey == "" {
		return nil
	}
	if strings.ContainsFunc(s.KMSKey, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(":/_-", r)
	}) {
		return fmt.Errorf("%q is not the ID, ARN or alias of a KMS key", s.KMSKey)
	}
	if !strings.HasPrefix(s.SSE, string(types.ServerSideEncryptionAwsKms)) {
		return fmt.Errorf("has an effect only with aws:kms and aws:kms:dsse, and BROKER_S3_SSE is %s", s.SSE)
	}
	return nil
}

// checkStorageClass allows classes that we do not know, because other S3
// servers have their own.
func checkStorageClass(class string) error {
	switch {
	case strings.ContainsFunc(class, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' }):
		return fmt.Errorf("%q is not a storage class, such as STANDARD_IA", class)
	case slices.Contains([]types.StorageClass{types.StorageClassGlacier, types.StorageClassDeepArchive}, types.StorageClass(class)):
		return fmt.Errorf("a recording in %s does not play before it is restored; let a lifecycle rule move it there", class)
	}
	return nil
}

func (s *KeepSettings) tags() (map[string]string, error) {
	tags := map[string]string{}
	var wrong []error
	for _, text := range s.Tags {
		name, value, found := strings.Cut(text, "=")
		if err := checkTag(name, value, found); err != nil {
			wrong = append(wrong, fmt.Errorf("%q: %w", text, err))
		}
		if _, twice := tags[name]; twice {
			wrong = append(wrong, fmt.Errorf("%q is there twice", name))
		}
		tags[name] = value
	}
	if len(s.Tags) > maxTags {
		wrong = append(wrong, fmt.Errorf("S3 takes at most %d tags, and these are %d", maxTags, len(s.Tags)))
	}
	return tags, errors.Join(wrong...)
}

func checkTag(name, value string, found bool) error {
	switch {
	case !found || name == "":
		return errors.New("is not NAME=VALUE")
	case utf8.RuneCountInString(name) > maxTagName:
		return fmt.Errorf("a tag's name takes up to %d characters", maxTagName)
	case utf8.RuneCountInString(value) > maxTagValue:
		return fmt.Errorf("a tag's value takes up to %d characters", maxTagValue)
	case strings.ContainsFunc(name+value, func(r rune) bool { return !inTag(r) }):
		return errors.New("a tag takes letters, digits, spaces and + - = . _ : / @")
	case len(name) >= 4 && strings.EqualFold(name[:4], "aws:"):
		return errors.New("names that begin with aws: are Amazon's own")
	}
	return nil
}

func inTag(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.Z) || strings.ContainsRune("+-=._:/@", r)
}
