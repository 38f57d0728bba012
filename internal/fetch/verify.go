package fetch

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // S3 defines an ETag as an MD5, or an MD5 of MD5s
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"
)

// Report is what was verified. The size always is.
type Report struct {
	Size     int64  // bytes
	Checksum string // such as "SHA-256 of 3 parts"; empty: the size alone
	Why      string // why only the size was verified
}

func (r Report) String() string {
	if r.Checksum == "" {
		return fmt.Sprintf("%d bytes; verified the size only: %s", r.Size, r.Why)
	}
	return fmt.Sprintf("%d bytes; verified the size and the %s", r.Size, r.Checksum)
}

// Mismatch says that the bytes that arrived are not those that S3 promised.
type Mismatch struct {
	What       string // "size" or the checksum, as in Report
	Have, Want string
	File       string // where the bytes are
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("the %s differs: %s was downloaded and S3 promised %s; the bytes are kept in %s", m.What, m.Have, m.Want, m.File)
}

// promise is a checksum of an object: of the whole object, or of its parts'
// checksums.
type promise struct {
	name  string
	new   func() hash.Hash
	parts int // 0: of the whole
	text  func(sum []byte) string
	want  string // text without "-" and the number of parts
}

// promise returns the strongest checksum that S3 gave, or why there is none. An
// MD5 is stronger than a CRC32C.
func (obj *object) promise() (*promise, string) {
	etag := strings.Trim(obj.etag, `"`)
	switch {
	case obj.sha256 != "":
		return newPromise("SHA-256", sha256.New, base64.StdEncoding.EncodeToString, obj.sha256)
	case isMD5(etag) && !obj.sealed && !obj.OpaqueETags:
		return newPromise("MD5", md5.New, hex.EncodeToString, etag)
	case obj.crc32c != "":
		return newPromise("CRC32C", newCRC32C, base64.StdEncoding.EncodeToString, obj.crc32c)
	case obj.sealed:
		return nil, "the recording has no checksum, and with its kind of encryption the ETag is not one"
	case obj.OpaqueETags:
		return nil, "the recording has no checksum, and at its provider the ETag is not one"
	}
	return nil, "the recording has no checksum, and its ETag is not one"
}

// newCRC32C is CRC-32C, of the Castagnoli polynomial.
func newCRC32C() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

// isMD5 reports whether a bare ETag has the form of an MD5, or an MD5 of MD5s.
func isMD5(etag string) bool {
	digits, _, _ := strings.Cut(etag, "-")
	sum, err := hex.DecodeString(digits)
	return err == nil && len(sum) == md5.Size
}

func newPromise(name string, sum func() hash.Hash, text func([]byte) string, want string) (*promise, string) {
	p := &promise{name: name, new: sum, text: text, want: want}
	if of, count, composite := strings.Cut(want, "-"); composite {
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 {
			return nil, fmt.Sprintf("S3 gave a checksum that cannot be read, %q", want)
		}
		p.want, p.parts = of, n
	}
	return p, ""
}

func (p *promise) String() string {
	switch p.parts {
	case 0:
		return p.name
	case 1:
		return p.name + " of its one part"
	}
	return fmt.Sprintf("%s of %d parts", p.name, p.parts)
}

// verify compares the file with what S3 said. It reads the file again from the
// disk, so that it verifies what is on the disk.
func (obj *object) verify(ctx context.Context, file *os.File, o Options) (Report, error) {
	info, err := file.Stat()
	if err != nil {
		return Report{}, err
	}
	report := Report{Size: info.Size()}
	if report.Size != obj.size {
		return report, &Mismatch{"size", fmt.Sprint(report.Size), fmt.Sprint(obj.size), file.Name()}
	}
	p, why := obj.promise()
	if p == nil {
		report.Why = why
		return report, nil
	}
	held := &held{p, file, obj.size, func() io.Writer {
		if o.Progress == nil {
			return io.Discard
		}
		return o.Progress("verifying", obj.size)
	}}
	sizes, why, err := obj.partSizes(ctx, p.parts)
	if err != nil {
		return report, err
	}
	if sizes == nil {
		if sizes, err = held.guess(ctx); sizes == nil {
			report.Why = why
			return report, err
		}
	} else if have, err := held.with(ctx, sizes); err != nil || have != p.want {
		return report, cmp.Or(err, error(&Mismatch{p.String(), have, p.want, file.Name()}))
	}
	report.Checksum = p.String()
	return report, nil
}

// held is a file that is compared with a promise.
type held struct {
	*promise
	file     *os.File
	size     int64
	progress func() io.Writer
}

// with reads the file in parts of these sizes.
func (h *held) with(ctx context.Context, sizes []int64) (string, error) {
	return h.of(ctx, io.TeeReader(io.NewSectionReader(h.file, 0, h.size), h.progress()), sizes)
}

// guesses bounds how often a file is read to find out where its parts end.
const guesses = 4

// guess tries parts of one size, in whole MiB, the last part smaller, as
// recorders make them. If a size makes the promised checksum, that is proof.
// If no size does, that proves nothing.
func (h *held) guess(ctx context.Context) ([]int64, error) {
	const mib = 1 << 20
	n := int64(h.parts)
	size := max(1, (h.size+n*mib-1)/(n*mib)) * mib // the smallest size with which n parts are enough
	for range guesses {
		if size*(n-1) >= h.size { // fewer parts are enough, and so they are with larger sizes
			break
		}
		sizes := equal(h.size, size)
		if have, err := h.with(ctx, sizes); err != nil || have == h.want {
			return sizes, err
		}
		size += mib
	}
	return nil, nil
}

// equal cuts a whole into parts of one size; the last part may be smaller.
func equal(whole, part int64) (sizes []int64) {
	for ; whole > part; whole -= part {
		sizes = append(sizes, part)
	}
	return append(sizes, whole)
}

// of is the checksum of what r reads, in the given parts.
func (p *promise) of(ctx context.Context, r io.Reader, sizes []int64) (string, error) {
	r = &interruptible{ctx, r}
	whole := p.new()
	for _, size := range sizes {
		part := p.new()
		if _, err := io.CopyN(part, r, size); err != nil {
			return "", err
		}
		if p.parts == 0 {
			return p.text(part.Sum(nil)), nil
		}
		whole.Write(part.Sum(nil))
	}
	return p.text(whole.Sum(nil)), nil
}

// partSizes asks for the size of each of n parts. If n is 0, the object was
// uploaded in one piece. Parts need not be equal, so only their sizes tell
// where they end.
//
// GetObjectAttributes would list all sizes in one call. But AWS lists only
// parts with checksums and asks for another permission, and versitygw 1.8.0
// lists none. HeadObject with a part number works on both.
//
// If there are no sizes, partSizes says why: some servers refuse such a
// request (Swift's s3api 2.30: 405, seen 2026-11-29).
func (obj *object) partSizes(ctx context.Context, n int) (sizes []int64, why string, err error) {
	if n == 0 {
		return []int64{obj.size}, "", nil
	}
	sizes = make([]int64, n)
	told := make([]bool, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * concurrency)
	for i := range sizes {
		group.Go(func() error {
			out, err := obj.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &obj.Bucket, Key: &obj.Key, IfMatch: &obj.etag, PartNumber: aws.Int32(int32(i + 1))})
			if err != nil && ctx.Err() == nil && refuses(err) {
				return nil // what is missing tells it
			}
			if err != nil {
				return obj.explain(ctx, err)
			}
			sizes[i], told[i] = aws.ToInt64(out.ContentLength), int(aws.ToInt32(out.PartsCount)) == n
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, "", err
	}
	var sum int64
	for i, size := range sizes {
		if !told[i] {
			return nil, "the checksum is made of the parts' checksums, and S3 does not say where the parts end", nil
		}
		sum += size
	}
	if sum != obj.size {
		return nil, fmt.Sprintf("the checksum is made of the parts' checksums, and the parts that S3 names add up to %d bytes", sum), nil
	}
	return sizes, "", nil
}

// refuses says whether a server does not know such a request. The object is
// there, or was a moment ago.
func refuses(err error) bool {
	res, ok := errors.AsType[*smithyhttp.ResponseError](err)
	return ok && slices.Contains([]int{http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotImplemented}, res.HTTPStatusCode())
}

// interruptible is a reader that ends with ctx.
type interruptible struct {
	ctx context.Context
	io.Reader
}

func (r *interruptible) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}
