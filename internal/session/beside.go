package session

import (
	"context"
	"slices"
	"time"
)

// Beside a recording in the bucket there may be files that belong to it. Each has
// the recording's key with another ending, so nothing has to remember them: S3
// says which are there. They go when the recording goes. Whatever becomes of
// them, the recording goes on.

// sideFile is a kind of file that a client PUTs there, by a URL that is bound as a
// part's is.
type sideFile struct {
	what      string // in words, for errors
	ext       string
	mediaType string // which is signed, and which it is served as
	maxBytes  int64
}

// sideFileTTL is the life of such a URL, which is asked for when the file is
// there. It is short because S3 goes by no session here: what is PUT after its
// recording was deleted stays until that is deleted again.
const sideFileTTL = 2 * time.Minute

// FileToSign is the PUT of a file beside a recording: its exact length, and its
// checksum where the session's parts have one.
type FileToSign struct {
	ContentType string // set by Poster and Captions
	Size        int64  // bytes, from 1 on
	Checksum    Checksum
}

// SignedFile allows one thing only: to PUT one file beside one recording with just
// these headers, which are signed and must be sent just so, until ExpiresAt.
type SignedFile struct {
	URL       SignedURL
	Headers   map[string]string
	ExpiresAt time.Time
}

func (k sideFile) check(s *Session, f FileToSign) error {
	if f.Size < 1 || f.Size > k.maxBytes {
		return outOfRange("size", k.maxBytes, "size is %d bytes; %s have 1 to %d", f.Size, k.what, k.maxBytes)
	}
	return checkSumToSign(s, place{}, f.Checksum)
}

func (b *Broker) sign(ctx context.Context, id ID, k sideFile, f FileToSign) (SignedFile, error) {
	f.ContentType = k.mediaType
	return b.Signer.SignFile(ctx, b.keyBeside(id, k.ext), f, min(sideFileTTL, b.Limits.MaxURLTTL))
}

func (b *Broker) keyBeside(id ID, ext string) Key { return Key(b.Limits.KeyPrefix + string(id) + ext) }

// beside is which objects stand under the ID of a recording, itself among them.
type beside struct {
	broker *Broker
	id     ID
	keys   []Key
}

// maxBeside is more than the objects that there can be of one ID.
const maxBeside = 20

// beside asks S3 which files a recording has: one listing, however many kinds of
// files there are.
func (b *Broker) beside(ctx context.Context, id ID) (beside, error) {
	found := beside{broker: b, id: id}
	page, err := b.Bucket.Keys(ctx, string(b.keyBeside(id, ".")), "", maxBeside)
	for _, o := range page.Objects {
		found.keys = append(found.keys, o.Key)
	}
	return found, err
}

func (f beside) has(ext string) bool { return f.hasKey(f.broker.keyBeside(f.id, ext)) }

func (f beside) hasKey(key Key) bool { return slices.Contains(f.keys, key) }

// playback is how S3 serves such a file. Whoever uploaded it may have uploaded
// anything: it is what it should be, and opened by itself it is saved.
func (k sideFile) playback(name string) Playback {
	return Playback{ContentType: k.mediaType, Disposition: attachment(name + k.ext)}
}

// url returns a URL of a file; empty where there is none.
func (f beside) url(ctx context.Context, k sideFile, name string, ttl time.Duration) SignedURL {
	if !f.has(k.ext) {
		return ""
	}
	link, _ := f.broker.Signer.SignGet(ctx, f.broker.keyBeside(f.id, k.ext), k.playback(name), ttl)
	return link.URL
}

// dropBeside deletes the files of a recording that is gone, or is about to go.
// There may be none. A broker that may delete nothing leaves them, as it leaves
// all else.
func (b *Broker) dropBeside(ctx context.Context, id ID) error {
	for _, ext := range []string{poster.ext, captions.ext, titleExt} {
		err := b.Bucket.Delete(ctx, b.keyBeside(id, ext))
		if err != nil && !slices.Contains(toldAsSuch, ReasonOf(err)) {
			return err
		}
	}
	return nil
}
