package presign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"slipway/internal/session"
)

// What a signature is made of:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html (read 2026-11-22).
//
//	canonical request = method \n path \n query \n headers \n\n signed header names \n UNSIGNED-PAYLOAD
//	string to sign    = AWS4-HMAC-SHA256 \n time \n scope \n hex(SHA-256(canonical request))
//	signature         = hex(HMAC-SHA-256(signing key, string to sign))
const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	dayFormat  = "20060102"
)

// signedHeaders are the names of the signed headers, in the order that S3 wants.
type signedHeaders string

const (
	hostSigned   signedHeaders = "host"
	lengthSigned signedHeaders = "content-length;host"
	md5Signed    signedHeaders = "content-length;content-md5;host"
	sha256Signed signedHeaders = "content-length;host;x-amz-checksum-sha256"
	crc32cSigned signedHeaders = "content-length;host;x-amz-checksum-crc32c"
)

// headersOf returns the signed headers of a part: the length unless the upload is
// unsized, and the checksum if the upload has one.
func headersOf(u session.Upload) signedHeaders {
	if u.Unsized {
		return hostSigned
	}
	switch u.Algorithm {
	case session.SHA256:
		return sha256Signed
	case session.CRC32C:
		return crc32cSigned
	case session.MD5:
		return md5Signed
	}
	return lengthSigned
}

// signingKey is derived from a secret key, for one day and one region.
type signingKey struct {
	accessKey, secretKey, token string
	day, region, scope          string
	inner, outer                midstate // of an HMAC with the key
}

func newSigningKey(accessKey, secretKey, token, day, region string) *signingKey {
	k := []byte("AWS4" + secretKey)
	for _, part := range []string{day, region, "s3", "aws4_request"} {
		mac := hmac.New(sha256.New, k)
		mac.Write([]byte(part))
		k = mac.Sum(nil)
	}
	// HMAC hashes the key, padded to a block and mixed with one constant, in
	// front of the message, and with another in front of that hash (RFC 2104).
	var inner, outer [sha256.BlockSize]byte
	copy(inner[:], k)
	copy(outer[:], k)
	for i := range inner {
		inner[i] ^= 0x36
		outer[i] ^= 0x5c
	}
	h := newHasher()
	return &signingKey{accessKey: accessKey, secretKey: secretKey, token: token, day: day, region: region, scope: day + "/" + region + "/s3/aws4_request",
		inner: h.after(nil, inner[:]), outer: h.after(nil, outer[:])}
}

// moment is a signing key at one second, with the beginning of the string to sign: all
// of it before the hash.
type moment struct {
	key  *signingKey
	time []byte
	line []byte   // the constant part of the string to sign
	text midstate // HMAC's inner hash after that
}

// set makes m another moment. It uses m's memory again.
func (m *moment) set(k *signingKey, now time.Time, h *hasher) {
	m.key, m.time = k, now.UTC().AppendFormat(m.time[:0], timeFormat)
	m.line = append(append(append(m.line[:0], algorithm+"\n"...), m.time...), '\n')
	m.line = append(append(m.line, k.scope...), '\n')
	h.resume(k.inner)
	h.write(m.line)
	m.text = h.appendState(m.text[:0])
}

// appendSignature signs the canonical request that h has read.
func (m *moment) appendSignature(dst []byte, h *hasher) []byte {
	request := h.hexSum()
	h.resume(m.text)
	h.write(request)
	text := h.sum()
	h.resume(m.key.outer)
	h.write(text)
	return append(append(dst, "&X-Amz-Signature="...), h.hexSum()...)
}

// appendQuery appends the parameters that SigV4 itself adds. They sort before
// all of S3's, whose names begin with a small letter.
func (m *moment) appendQuery(dst []byte, headers signedHeaders, life time.Duration) []byte {
	dst = append(dst, "X-Amz-Algorithm="+algorithm+"&X-Amz-Credential="...)
	dst = appendEscaped(append(appendEscaped(dst, m.key.accessKey, false), "%2F"...), m.key.scope, false)
	dst = append(append(dst, "&X-Amz-Date="...), m.time...)
	dst = strconv.AppendInt(append(dst, "&X-Amz-Expires="...), int64(life/time.Second), 10)
	if m.key.token != "" {
		dst = appendEscaped(append(dst, "&X-Amz-Security-Token="...), m.key.token, false)
	}
	return appendEscaped(append(dst, "&X-Amz-SignedHeaders="...), string(headers), false)
}

const roomForURL = 512 // bytes; of nearly every session, and a longer one grows

// batches keeps batches that are not in use, so that their memory is used again.
var batches = sync.Pool{New: func() any {
	return &batch{h: newHasher(), head: make([]byte, 0, roomForURL), tail: make([]byte, 0, roomForURL)}
}}

// batch signs the UploadPart URLs of one upload, all with one date. It is not safe for
// concurrent use.
type batch struct {
	moment  moment
	h       *hasher
	head    []byte   // the URL up to the part number
	tail    []byte   // the URL from there to the signature
	request midstate // of the canonical request, up to the part number
	host    string
	headers signedHeaders
	scratch []byte
	last    []byte // URL that was signed
}

// newBatch takes a batch out of batches; done puts it back.
func newBatch(k *signingKey, e endpoint, u session.Upload, headers signedHeaders, now time.Time, life time.Duration) *batch {
	b := batches.Get().(*batch)
	b.host, b.headers = e.host, headers
	b.moment.set(k, now, b.h)
	url := append(b.head[:0], e.base...)
	url = appendEscaped(append(url, e.path...), string(u.Key), true)
	query := len(url) + 1
	url = b.moment.appendQuery(append(url, '?'), headers, life)
	b.head = append(url, "&partNumber="...)
	b.tail = appendEscaped(append(b.tail[:0], "&uploadId="...), string(u.ID), false)
	b.h.resume(nil)
	b.scratch = append(append(append(append(b.scratch[:0], "PUT\n"...), b.head[len(e.base):query-1]...), '\n'), b.head[query:]...)
	b.h.write(b.scratch)
	b.request = b.h.appendState(b.request[:0])
	return b
}

func (b *batch) done() { batches.Put(b) }

// maxLen returns how long a URL of this batch can be at most, in bytes.
func (b *batch) maxLen() int {
	return len(b.head) + len("10000") + len(b.tail) + len("&X-Amz-Signature=") + 2*sha256.Size
}

// url returns the URL of one part. The bytes are overwritten by the next call.
func (b *batch) url(p session.PartToSign) []byte {
	dst := append(b.last[:0], b.head...)
	query := len(dst)
	dst = strconv.AppendInt(dst, int64(p.Number), 10)
	dst = append(dst, b.tail...)
	b.h.resume(b.request)
	b.h.write(dst[query:])
	b.scratch = b.appendHeaders(b.scratch[:0], p)
	b.h.write(b.scratch)
	b.last = b.moment.appendSignature(dst, b.h)
	return b.last
}

// appendHeaders appends what follows the query in the canonical request.
func (b *batch) appendHeaders(dst []byte, p session.PartToSign) []byte {
	dst = append(dst, '\n')
	if b.headers != hostSigned {
		dst = strconv.AppendInt(append(dst, "content-length:"...), p.Size, 10)
		dst = append(dst, '\n')
	}
	if b.headers == md5Signed {
		dst = appendHeader(dst, session.MD5.Header(), string(p.Checksum))
	}
	dst = appendHeader(dst, "host", b.host)
	switch b.headers {
	case sha256Signed:
		dst = appendHeader(dst, session.SHA256.Header(), string(p.Checksum))
	case crc32cSigned:
		dst = appendHeader(dst, session.CRC32C.Header(), string(p.Checksum))
	}
	return append(append(append(dst, '\n'), b.headers...), "\nUNSIGNED-PAYLOAD"...)
}

func appendHeader(dst []byte, name, value string) []byte {
	return append(append(append(append(dst, name...), ':'), value...), '\n')
}

// single is a request for one object that is not part of a batch.
type single struct {
	method  string
	key     session.Key
	query   string            // S3's own parameters, sorted
	headers map[string]string // besides the host; names in small letters
}

func (r single) sign(k *signingKey, e endpoint, now time.Time, life time.Duration) string {
	h := newHasher()
	var m moment
	m.set(k, now, h)
	headers := map[string]string{"host": e.host}
	maps.Copy(headers, r.headers)
	names := slices.Sorted(maps.Keys(headers))
	signed := strings.Join(names, ";")
	path := appendEscaped([]byte(e.path), string(r.key), true)
	query := m.appendQuery(nil, signedHeaders(signed), life)
	if r.query != "" {
		query = append(append(query, '&'), r.query...)
	}
	request := concat([]byte(r.method+"\n"), path, []byte("\n"), query, []byte("\n"))
	for _, name := range names {
		request = appendHeader(request, name, headers[name])
	}
	h.resume(h.after(nil, append(request, "\n"+signed+"\nUNSIGNED-PAYLOAD"...)))
	return string(m.appendSignature(concat([]byte(e.base), path, []byte("?"), query), h))
}

// midstate is the state of a SHA-256 after some bytes; nil: after none.
type midstate []byte

// hasher is a SHA-256 that can go back to a midstate.
type hasher struct {
	digest interface {
		hash.Hash
		encoding.BinaryAppender
		encoding.BinaryUnmarshaler
	}
	binary [sha256.Size]byte
	text   [2 * sha256.Size]byte
}

func newHasher() *hasher {
	h := &hasher{}
	h.digest = sha256.New().(interface { // documented: https://pkg.go.dev/crypto/sha256#New
		hash.Hash
		encoding.BinaryAppender
		encoding.BinaryUnmarshaler
	})
	return h
}

func (h *hasher) resume(m midstate) {
	if m == nil {
		h.digest.Reset()
	} else if err := h.digest.UnmarshalBinary(m); err != nil {
		panic(err) // a state of our own making
	}
}

// after returns the state after text, if text follows what m has read.
func (h *hasher) after(m midstate, text []byte) midstate {
	h.resume(m)
	h.write(text)
	return h.state()
}

func (h *hasher) state() midstate { return h.appendState(make([]byte, 0, 128)) } // it takes 108

func (h *hasher) appendState(to midstate) midstate {
	state, err := h.digest.AppendBinary(to)
	if err != nil {
		panic(err) // SHA-256 can always tell its state
	}
	return state
}

func (h *hasher) write(text []byte) { _, _ = h.digest.Write(text) } // never fails, says hash.Hash

// What sum and hexSum return is overwritten by the next call of either.
func (h *hasher) sum() []byte { return h.digest.Sum(h.binary[:0]) }

func (h *hasher) hexSum() []byte {
	hex.Encode(h.text[:], h.sum())
	return h.text[:]
}

func concat(pieces ...[]byte) []byte {
	var n int
	for _, p := range pieces {
		n += len(p)
	}
	all := make([]byte, 0, n)
	for _, p := range pieces {
		all = append(all, p...)
	}
	return all
}

// appendEscaped percent-encodes every byte that is not unreserved in RFC 3986;
// slashes stay as they are in a path.
func appendEscaped(dst []byte, text string, path bool) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~', path && c == '/':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}

func escape(text string) string { return string(appendEscaped(nil, text, false)) }
