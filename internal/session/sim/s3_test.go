package sim

import (
	"cmp"
	"crypto/md5" //nolint:gosec // S3 defines a multipart ETag as an MD5 of MD5s
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"slipway/internal/session"
)

// s3 is what S3 is taken to be: as strict as AWS, and with no fencing. It
// carries out whatever arrives, however old the request is. A part's bytes are
// a string that stands for them; sizes are those of real parts.
type s3 struct {
	*world
	kms     bool // ETags are not MD5s
	uploads map[session.UploadID]*upload
	objects map[session.Key]*object
	making  map[session.Key]*object // neither upload nor object any more, or yet
	serial  int                     // of uploads, and of ETags with KMS
}

type upload struct {
	session.NewUpload
	id          session.UploadID
	algorithm   session.ChecksumAlgorithm
	initiatedAt time.Time
	parts       map[session.PartNumber]version
	signed      bool // somebody was given a URL for it
	coming      int  // PUTs that have begun and not ended
}

// version is one body that was PUT under a part number.
type version struct {
	session.Part
	bytes string
}

type object struct {
	session.Object
	upload session.UploadID
	parts  []version
}

func (s *s3) create(n session.NewUpload) session.UploadID {
	s.serial++
	u := &upload{NewUpload: n, algorithm: algorithmOf(n), id: session.UploadID(fmt.Sprintf("u%d", s.serial)), initiatedAt: time.Now(), parts: map[session.PartNumber]version{}}
	s.uploads[u.id] = u
	return u.id
}

// algorithmOf is the best that was asked for: S3 has all.
func algorithmOf(n session.NewUpload) session.ChecksumAlgorithm {
	if len(n.Algorithms) == 0 {
		return session.NoChecksum
	}
	return n.Algorithms[0]
}

// put stores one body, whatever was there before.
func (s *s3) put(u session.UploadID, n session.PartNumber, size int64, bytes string) (session.Part, error) {
	up := s.uploads[u]
	if up == nil {
		return session.Part{}, notInS3
	}
	v := version{bytes: bytes, Part: session.Part{Number: n, Size: size, ETag: s.etag(bytes), StoredAt: time.Now()}}
	if up.algorithm.Kept() {
		v.Checksum = checksum(up.algorithm, bytes)
	}
	up.parts[n] = v
	return v.Part, nil
}

func (s *s3) etag(bytes string) session.ETag {
	if s.kms {
		s.serial++
		bytes += fmt.Sprint(s.serial)
	}
	return session.ETag(fmt.Sprintf(`"%x"`, md5.Sum([]byte(bytes)))) //nolint:gosec // see the import
}

// hashes are what each algorithm is, apart from what the broker takes them for.
var hashes = map[session.ChecksumAlgorithm]func() hash.Hash{
	session.SHA256: sha256.New,
	session.CRC32C: func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) },
	session.MD5:    md5.New,
}

func checksum(a session.ChecksumAlgorithm, bytes string) session.Checksum {
	if hashes[a] == nil {
		return ""
	}
	h := hashes[a]()
	_, _ = io.WriteString(h, bytes)
	return session.Checksum(base64.StdEncoding.EncodeToString(h.Sum(nil)))
}

func (s *s3) list(u session.UploadID) ([]session.Part, error) {
	up := s.uploads[u]
	if up == nil {
		return nil, notInS3
	}
	var parts []session.Part
	for _, n := range slices.Sorted(maps.Keys(up.parts)) {
		part := up.parts[n].Part
		if s.plan.unlisted {
			part.Checksum = ""
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// complete makes the object of just these parts. The others of the upload are
// dropped without a word, as S3 does.
func (s *s3) complete(u session.Upload, parts []session.Part, size int64) (session.Object, error) {
	up := s.uploads[u.ID]
	if s.making[u.Key] != nil {
		return session.Object{}, noAnswer(nil)
	}
	if taken := s.objects[u.Key]; taken != nil && (up != nil || s.oneIn(2)) { // nobody promises which of the two is looked at first
		return session.Object{}, &session.Error{Kind: session.Conflict, Reason: "key-taken", Op: "sim", Detail: "the key holds an object already"}
	}
	if up == nil {
		return session.Object{}, notInS3
	}
	o := &object{upload: u.ID}
	for i, p := range parts {
		have, there := up.parts[p.Number]
		switch {
		case !there, have.ETag != p.ETag, have.Checksum != p.Checksum && !(s.plan.unlisted && p.Checksum == ""):
			return session.Object{}, refusal("InvalidPart")
		case i > 0 && p.Number <= parts[i-1].Number:
			return session.Object{}, refusal("InvalidPartOrder")
		case i < len(parts)-1 && have.Size < session.MinPartSize:
			return session.Object{}, refusal("EntityTooSmall")
		}
		o.parts = append(o.parts, have)
		o.Size += have.Size
	}
	if len(parts) == 0 || o.Size != size {
		return session.Object{}, refusal("InvalidRequest")
	}
	o.ETag, o.Checksum = s.multipartETag(o.parts), composite(o.parts)
	answer := o.Object
	o.ContentType, o.Metadata, o.StoredAt, o.OpaqueETag = up.ContentType, up.Metadata, time.Now(), s.kms
	delete(s.uploads, u.ID)
	if !s.calm && s.oneIn(s.plan.slowOneIn) {
		s.takeLong(u.Key, o)
		return session.Object{}, noAnswer(nil)
	}
	s.objects[u.Key] = o
	s.witness.made(u.Key)
	return answer, nil
}

// slowest is how long S3 may take over a complete.
const slowest = 45 * time.Minute

// takeLong makes the object some time after nobody listens any more.
func (s *s3) takeLong(key session.Key, o *object) {
	s.making[key] = o
	s.spawn("slow S3", nil, s.upTo(slowest), func(a *actor) {
		delete(s.making, key)
		o.StoredAt, s.objects[key] = time.Now(), o
		a.tell("%s is an object at last", key)
		s.witness.made(key)
	})
}

func (s *s3) multipartETag(parts []version) session.ETag {
	if s.kms {
		return session.ETag(strings.TrimSuffix(string(s.etag("")), `"`) + fmt.Sprintf(`-%d"`, len(parts)))
	}
	return multipartETag(sansBytes(parts))
}

func multipartETag(parts []session.Part) session.ETag {
	h := md5.New() //nolint:gosec // see the import
	for _, p := range parts {
		sum, _ := hex.DecodeString(strings.Trim(string(p.ETag), `"`))
		h.Write(sum)
	}
	return session.ETag(fmt.Sprintf(`"%x-%d"`, h.Sum(nil), len(parts)))
}

// composite is empty where S3 keeps no checksums; else every part has one.
func composite(parts []version) session.Checksum {
	if parts[0].Checksum == "" {
		return ""
	}
	algorithm := hashes[parts[0].Checksum.Algorithm()]
	h := algorithm()
	for _, p := range parts {
		part := algorithm()
		_, _ = io.WriteString(part, p.bytes)
		h.Write(part.Sum(nil))
	}
	return session.Checksum(fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(h.Sum(nil)), len(parts)))
}

// abort frees the parts. While PUTs are under way the upload may outlive it:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html (read 2026-11-22).
func (s *s3) abort(u session.UploadID) error {
	up := s.uploads[u]
	if up == nil {
		return nil
	}
	if clear(up.parts); up.coming > 0 && s.oneIn(2) {
		return noAnswer(nil)
	}
	delete(s.uploads, u)
	return nil
}

// listUploads returns those after a place, in order of key and then of ID.
func (s *s3) listUploads(prefix string, after session.UploadCursor, limit int) session.UploadPage {
	var all []session.ListedUpload
	for _, u := range s.uploads {
		at := session.UploadCursor{Key: u.Key, ID: u.id}
		if strings.HasPrefix(string(u.Key), prefix) && compareUploads(at, after) > 0 {
			all = append(all, session.ListedUpload{Upload: session.Upload{Key: u.Key, ID: u.id, Algorithm: u.algorithm}, InitiatedAt: u.initiatedAt})
		}
	}
	slices.SortFunc(all, func(a, b session.ListedUpload) int {
		return compareUploads(session.UploadCursor{Key: a.Key, ID: a.ID}, session.UploadCursor{Key: b.Key, ID: b.ID})
	})
	page := session.UploadPage{Uploads: all[:min(limit, len(all))]}
	if len(page.Uploads) < len(all) {
		last := page.Uploads[limit-1]
		page.Next = session.UploadCursor{Key: last.Key, ID: last.ID}
	}
	return page
}

func compareUploads(a, b session.UploadCursor) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID))
}

var notInS3 = &session.Error{Kind: session.NotFound, Reason: "not-in-s3", Op: "sim", Detail: "S3 does not know it"}

func refusal(code string) error {
	return &session.Error{Kind: session.Conflict, Reason: "s3-refused", Op: "sim", Detail: code}
}
