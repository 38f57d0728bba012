// Package fetch downloads a finished recording into a file, and verifies that
// the file is what S3 has: its size, and its checksum if S3 keeps one.
//
// The operator's command uses it, and the broker does not: no recorded byte
// passes through a broker.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

const (
	rangeSize   = 8 << 20 // bytes a GET asks for
	concurrency = 8
)

// Source is one object in S3.
type Source struct {
	Client *s3.Client
	Bucket string
	Key    string

	// OpaqueETags: at this provider an object's ETag may look like the MD5 of
	// its parts' MD5s, and is none.
	OpaqueETags bool
}

// Options are all optional.
type Options struct {
	Force bool // replace a file that is there already
	// Progress gets each stage ("downloading", then "verifying") and its bytes.
	// It returns a writer that gets the bytes that were done: only the lengths
	// of the writes count. Writes come from several goroutines at once.
	Progress func(stage string, total int64) io.Writer
}

// ErrNotFound says that S3 has no such object.
var ErrNotFound = errors.New("no such object")

// To downloads src into the file out, and says what it verified. It collects
// the bytes in out.part and renames that file once they are verified. So out
// is either whole or not there. If the bytes are not what S3 promised, To
// keeps out.part for you to look at, and the error names it. After any other
// error To removes out.part.
//
// Errors: ErrNotFound; fs.ErrExist if out is there and may not be replaced, or
// if out.part is there; a *Mismatch; an error that says that the object was
// overwritten meanwhile; the error of ctx if ctx ends.
func To(ctx context.Context, src Source, out string, o Options) (Report, error) {
	if err := mayWrite(out, o.Force); err != nil {
		return Report{}, err
	}
	obj, err := src.head(ctx)
	if err != nil {
		return Report{}, err
	}
	part, err := createPart(out, o.Force)
	if err != nil {
		return Report{}, err
	}
	report, err := obj.into(ctx, part, o)
	err = errors.Join(err, part.Close())
	if err == nil {
		err = mayWrite(out, o.Force) // it may have appeared since
	}
	if err == nil {
		err = os.Rename(part.Name(), out)
	}
	if _, kept := errors.AsType[*Mismatch](err); err != nil && !kept {
		err = errors.Join(err, os.Remove(part.Name()))
	}
	return report, err
}

func mayWrite(out string, force bool) error {
	info, err := os.Stat(out)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder", out)
	case err == nil && !force:
		return &os.PathError{Op: "write", Path: out, Err: os.ErrExist}
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	return nil
}

// createPart creates out.part. If the file is there already, another fetch may
// be using it.
func createPart(out string, force bool) (*os.File, error) {
	name := out + ".part"
	if force {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
}

// into downloads and verifies. Every GET is pinned to the ETag that was seen
// first, so two objects can never mix.
func (obj *object) into(ctx context.Context, file *os.File, o Options) (Report, error) {
	if obj.size > 0 { // an empty range is a 416
		dst := io.WriterAt(file)
		if o.Progress != nil {
			dst = &counted{file, o.Progress("downloading", obj.size)}
		}
		in := &s3.GetObjectInput{Bucket: &obj.Bucket, Key: &obj.Key, IfMatch: &obj.etag}
		//lint:ignore SA1019 its successor, feature/s3/transfermanager, is at v0 and still changes
		_, err := manager.NewDownloader(obj.Client, func(d *manager.Downloader) { d.PartSize, d.Concurrency = rangeSize, concurrency }).Download(ctx, dst, in)
		if err != nil {
			return Report{}, obj.explain(ctx, err)
		}
	}
	if err := file.Sync(); err != nil {
		return Report{}, err
	}
	return obj.verify(ctx, file, o)
}

// explain says what an S3 error means here.
func (src *Source) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return err
	}
	switch api.ErrorCode() {
	case "NoSuchKey", "NotFound":
		return fmt.Errorf("%w: %s in bucket %s", ErrNotFound, src.Key, src.Bucket)
	case "PreconditionFailed":
		return fmt.Errorf("%s was overwritten while it was downloaded; try again", src.Key)
	}
	return err
}

// object is a Source as S3 described it.
type object struct {
	Source
	size   int64 // bytes
	etag   string
	sha256 string // x-amz-checksum-sha256, or ""
	crc32c string // x-amz-checksum-crc32c, or ""
	sealed bool   // the encryption makes the ETag something other than an MD5
}

func (src Source) head(ctx context.Context) (*object, error) {
	in := &s3.HeadObjectInput{Bucket: &src.Bucket, Key: &src.Key, ChecksumMode: "ENABLED"}
	out, err := src.Client.HeadObject(ctx, in)
	if refuses(err) { // Backblaze B2 takes no header about checksums
		in.ChecksumMode = ""
		out, err = src.Client.HeadObject(ctx, in)
	}
	if err != nil {
		return nil, src.explain(ctx, err)
	}
	if out.ContentLength == nil || aws.ToString(out.ETag) == "" {
		return nil, fmt.Errorf("S3 does not say how long %s is, or gives it no ETag", src.Key)
	}
	return &object{
		Source: src, size: *out.ContentLength, etag: *out.ETag,
		sha256: aws.ToString(out.ChecksumSHA256), crc32c: aws.ToString(out.ChecksumCRC32C),
		// Only without encryption, or with S3's own keys, is an ETag an MD5,
		// says https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
		// (read 2026-11-22).
		sealed: out.SSECustomerAlgorithm != nil || out.ServerSideEncryption != "" && out.ServerSideEncryption != "AES256",
	}, nil
}

// counted reports the bytes that are written as progress.
type counted struct {
	io.WriterAt
	progress io.Writer
}

func (c *counted) WriteAt(p []byte, off int64) (int, error) {
	n, err := c.WriterAt.WriteAt(p, off)
	_, _ = c.progress.Write(p[:n])
	return n, err
}
