package presign

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/session"
)

// A session as they are on AWS: an upload ID of 128 characters, role
// credentials left out, since they only make the SDK slower.
var benched = one{
	bucket: "recordings", region: "eu-central-1", at: noon, ttl: 15 * time.Minute,
	credentials: aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
	upload: session.Upload{Key: "recordings/2c7qmtx4o3avbnkfz5yd6ueirlwi.webm",
		ID: "xadcOB_7YPBOJuoFiQ9cz4P3Pe6FIZwO4f7wN93uHsNBEw97pl5eNwzExg0LAT2dUN91cOmrEQHDsP3WA60CEg--xadcOB_7YPBOJuoFiQ9cz4P3Pe6FIZwO4f7wN93u"},
	part: session.PartToSign{Number: 4711, Size: 5 << 20, Checksum: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
}

// BenchmarkUploadPart is one part of a batch, signed for the host alone, and
// bound to its length and SHA-256.
func BenchmarkUploadPart(b *testing.B) {
	for _, bound := range []bool{false, true} {
		name, headers := "host", signedHeaders("host")
		if bound {
			name, headers = "bound", sha256Signed
		}
		b.Run("ours/"+name, func(b *testing.B) {
			c := benched.credentials
			key := newSigningKey(c.AccessKeyID, c.SecretAccessKey, "", noon.Format(dayFormat), benched.region)
			where := endpoint{region: benched.region, base: "https://recordings.s3.eu-central-1.amazonaws.com", path: "/", host: "recordings.s3.eu-central-1.amazonaws.com"}
			batch := newBatch(key, where, benched.upload, headers, noon, benched.ttl)
			b.ReportAllocs()
			for b.Loop() {
				batch.url(benched.part)
			}
		})
		b.Run("sdk/"+name, func(b *testing.B) {
			presigner, in := sdkPresigner(), sdkInput(bound)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := presigner.PresignUploadPart(b.Context(), in, s3.WithPresignExpires(benched.ttl)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOneShot is one part of a session that was never seen before.
func BenchmarkOneShot(b *testing.B) {
	upload := benched.upload
	upload.Algorithm = session.SHA256
	b.Run("ours", func(b *testing.B) {
		d := newDesk(b, benched)
		d.credentials, d.at = benched.credentials, noon
		parts := []session.PartToSign{benched.part}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.signer.SignParts(b.Context(), upload, parts, benched.ttl); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sdk", func(b *testing.B) {
		presigner, in := sdkPresigner(), sdkInput(true)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := presigner.PresignUploadPart(b.Context(), in, s3.WithPresignExpires(benched.ttl)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// sdkPresigner is the SDK's, built once as its users build it.
func sdkPresigner() *s3.PresignClient {
	return s3.NewPresignClient(s3.New(s3.Options{Region: benched.region, RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		Credentials: aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return benched.credentials, nil }))}))
}

func sdkInput(bound bool) *s3.UploadPartInput {
	in := &s3.UploadPartInput{Bucket: &benched.bucket, Key: aws.String(string(benched.upload.Key)), UploadId: aws.String(string(benched.upload.ID)), PartNumber: aws.Int32(int32(benched.part.Number))}
	if bound {
		in.ContentLength, in.ChecksumSHA256 = &benched.part.Size, aws.String(string(benched.part.Checksum))
	}
	return in
}
