package session

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits on what people may write. S3 takes 2 KB of user metadata in all,
// names included:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html (read 2026-11-22).
const (
	MaxOwnerBytes       = 128
	MaxDisplayNameBytes = 128 // of an owner, in a grant; S3 hears nothing of it
	MaxNameBytes        = 255
	maxMetadata         = 16   // entries
	maxMetadataName     = 40   // bytes
	maxMetadataValue    = 512  // bytes
	maxMetadataBytes    = 2048 // bytes, as encoded for S3
)

// Our own names in the object's user metadata.
const (
	metaOwner     = "slipway-owner"
	metaName      = "slipway-name"
	metaOnAbandon = "slipway-on-abandon"
	metaOpenedAt  = "slipway-opened-at"
	metaChecksum  = "slipway-checksum"
)

// objectMetadata returns the metadata that S3 keeps with the object, so that a broker
// can serve the object without Redis. Values are percent-encoded, because S3 wants
// ASCII in headers.
func objectMetadata(s *Session, extra map[string]string) map[string]string {
	m := map[string]string{
		metaOnAbandon: string(s.OnAbandon),
		metaOpenedAt:  s.OpenedAt.UTC().Format(time.RFC3339),
	}
	for name, value := range extra {
		m[name] = encodeMeta(value)
	}
	if s.Owner != "" {
		m[metaOwner] = encodeMeta(string(s.Owner))
	}
	if s.Name != "" {
		m[metaName] = encodeMeta(s.Name)
	}
	return m
}

func encodeMeta(v string) string { return strings.ReplaceAll(url.QueryEscape(v), "+", "%20") }

// decodeMeta decodes a value. It returns v unchanged if we did not encode it.
func decodeMeta(v string) string {
	if plain, err := url.PathUnescape(v); err == nil {
		return plain
	}
	return v
}

func (o Object) owner() Owner { return Owner(decodeMeta(o.Metadata[metaOwner])) }

// openedAt returns when the session was opened; zero if the object does not say.
func (o Object) openedAt() time.Time {
	at, _ := time.Parse(time.RFC3339, o.Metadata[metaOpenedAt])
	return at
}

// algorithm returns the checksum algorithm of the object's parts, if the object says.
func (o Object) algorithm() ChecksumAlgorithm {
	sums, _, _ := strings.Cut(string(o.Checksum), "-")
	if of := Checksum(sums).Algorithm(); of != NoChecksum {
		return of
	}
	if ChecksumAlgorithm(o.Metadata[metaChecksum]) == MD5 {
		return MD5
	}
	return NoChecksum
}

// Extra returns the metadata that the session was opened with.
func (o Object) Extra() map[string]string {
	extra := map[string]string{}
	for name, value := range o.Metadata {
		if !strings.HasPrefix(name, "slipway-") {
			extra[name] = decodeMeta(value)
		}
	}
	return extra
}

// Name returns the recording's name for people; empty if it has none.
func (o Object) Name() string { return decodeMeta(o.Metadata[metaName]) }

func checkMetadata(extra, encoded map[string]string) error {
	if len(extra) > maxMetadata {
		return outOfRange("metadata", maxMetadata, "%d entries; at most %d are allowed", len(extra), maxMetadata)
	}
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if err := checkMetadataName(name); err != nil {
			return err
		}
		if err := checkText("metadata."+name, extra[name], maxMetadataValue); err != nil {
			return err
		}
	}
	sum := 0
	for name, value := range encoded {
		sum += len(name) + len(value)
	}
	if sum > maxMetadataBytes {
		return outOfRange("metadata", maxMetadataBytes, "owner, name and metadata take %d bytes as S3 keeps them; at most %d are allowed", sum, maxMetadataBytes)
	}
	return nil
}

func checkMetadataName(name string) error {
	ok := name != "" && len(name) <= maxMetadataName && !strings.HasPrefix(name, "slipway-") &&
		!strings.ContainsFunc(name, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
		})
	if !ok {
		return invalid("metadata", ReasonBadName, "names in metadata are 1 to %d of a-z, 0-9 and \"-\", and do not begin with \"slipway-\"", maxMetadataName)
	}
	return nil
}

// checkText accepts UTF-8 without control characters, up to limit bytes.
func checkText(field, v string, limit int) error {
	switch {
	case len(v) > limit:
		return outOfRange(field, int64(limit), "%s is %d bytes; at most %d are allowed", field, len(v), limit)
	case !utf8.ValidString(v):
		return invalid(field, ReasonNotUTF8, "%s is not UTF-8", field)
	case strings.ContainsFunc(v, unicode.IsControl):
		return invalid(field, ReasonControlCharacter, "%s contains a control character", field)
	}
	return nil
}
