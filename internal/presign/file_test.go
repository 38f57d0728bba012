package presign

import (
	"math/rand/v2"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/session"
)

// sdkFile is what the AWS SDK makes of a poster.
func (d *desk) sdkFile(t *testing.T, o one, keep Keep) string {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: &d.bucket, Key: aws.String(string(o.upload.Key)), ContentLength: &o.part.Size, ContentType: aws.String("image/jpeg"),
		ServerSideEncryption: types.ServerSideEncryption(keep.Encryption)}
	if keep.KMSKey != "" {
		in.SSEKMSKeyId = &keep.KMSKey
	}
	if keep.Tagging != "" {
		in.Tagging = &keep.Tagging
	}
	switch sum := aws.String(string(o.part.Checksum)); o.upload.Algorithm {
	case session.SHA256:
		in.ChecksumSHA256 = sum
	case session.CRC32C:
		in.ChecksumCRC32C = sum
	case session.MD5:
		in.ContentMD5 = sum
	}
	signed, err := d.presigner.PresignPutObject(t.Context(), in, s3.WithPresignExpires(o.ttl))
	if err != nil {
		t.Fatal(err)
	}
	return signed.URL
}

func TestFilesAreSignedAsTheSDKDoes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for n := range 500 {
		o := randomCase(random)
		var keep Keep
		if random.IntN(2) == 0 {
			keep = Keep{Encryption: "aws:kms", KMSKey: "alias/recordings", Tagging: "team=media&rate=a%3Db"}
		}
		d := newDesk(t, o)
		d.credentials, d.at = o.credentials, o.at
		got, err := d.signer.Keeping(keep).SignFile(t.Context(), o.upload.Key, session.FileToSign{ContentType: "image/jpeg", Size: o.part.Size, Checksum: o.part.Checksum}, o.ttl)
		if err != nil {
			t.Fatal(err)
		}
		if want := d.sdkFile(t, o, keep); string(got.URL) != want {
			t.Fatalf("case %d is signed as\n%s\nand by the SDK as\n%s", n, string(got.URL), want)
		}
		if (keep.Tagging != "") != (got.Headers["x-amz-tagging"] != "") || got.Headers["content-type"] != "image/jpeg" {
			t.Fatalf("the headers to send are %v", got.Headers)
		}
	}
}
