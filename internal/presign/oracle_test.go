package presign

import (
	"context"
	"encoding/base64"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/devs3"
	"slipway/internal/session"
)

func TestMain(m *testing.M) {
	devs3.RunChild()
	os.Exit(m.Run())
}

// one is everything a URL depends on.
type one struct {
	bucket, region, endpoint string
	pathStyle                bool
	credentials              aws.Credentials
	at                       time.Time
	ttl                      time.Duration
	upload                   session.Upload
	part                     session.PartToSign
	playback                 session.Playback
}

// desk signs requests for one bucket, our way and the SDK's.
type desk struct {
	bucket      string
	credentials aws.Credentials // of the case at hand
	at          time.Time
	presigner   *s3.PresignClient
	signer      *Signer
}

func newDesk(t testing.TB, o one) *desk {
	t.Helper()
	d := &desk{bucket: o.bucket}
	provider := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return d.credentials, nil })
	client := s3.New(s3.Options{
		Region: o.region, UsePathStyle: o.pathStyle, Credentials: provider,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}, func(options *s3.Options) {
		if o.endpoint != "" {
			options.BaseEndpoint = &o.endpoint
		}
	})
	d.presigner = s3.NewPresignClient(client, func(p *s3.PresignOptions) {
		p.Presigner = stoppedClock{v4.NewSigner(func(s *v4.SignerOptions) { s.DisableURIPathEscaping = true }), d}
	})
	var err error
	if d.signer, err = New(t.Context(), client, o.bucket, func() time.Time { return d.at }); err != nil {
		t.Fatal(err)
	}
	return d
}

// stoppedClock has the SDK sign as of the moment of the case, and without x-id,
// which names the operation in every URL of the SDK's: S3 does not need it, and
// Google refuses it (see package awssdk).
type stoppedClock struct {
	*v4.Signer
	desk *desk
}

func (s stoppedClock) PresignHTTP(ctx context.Context, c aws.Credentials, r *http.Request, hash, service, region string, _ time.Time, opts ...func(*v4.SignerOptions)) (string, http.Header, error) {
	query := r.URL.Query()
	query.Del("x-id")
	r.URL.RawQuery = query.Encode()
	return s.Signer.PresignHTTP(ctx, c, r, hash, service, region, s.desk.at, opts...)
}

// sdk is what the AWS SDK makes of o: the oracle.
func (d *desk) sdk(t testing.TB, o one, put bool) string {
	t.Helper()
	d.credentials, d.at = o.credentials, o.at
	var signed *v4.PresignedHTTPRequest
	var err error
	if put {
		in := &s3.UploadPartInput{Bucket: &d.bucket, Key: aws.String(string(o.upload.Key)), UploadId: aws.String(string(o.upload.ID)),
			PartNumber: aws.Int32(int32(o.part.Number))}
		if !o.upload.Unsized {
			in.ContentLength = &o.part.Size
		}
		switch sum := aws.String(string(o.part.Checksum)); o.upload.Algorithm {
		case session.SHA256:
			in.ChecksumSHA256 = sum
		case session.CRC32C:
			in.ChecksumCRC32C = sum
		case session.MD5:
			in.ContentMD5 = sum
		}
		signed, err = d.presigner.PresignUploadPart(t.Context(), in, s3.WithPresignExpires(o.ttl))
	} else {
		in := &s3.GetObjectInput{Bucket: &d.bucket, Key: aws.String(string(o.upload.Key))}
		if o.playback.ContentType != "" {
			in.ResponseContentType = &o.playback.ContentType
		}
		if o.playback.Disposition != "" {
			in.ResponseContentDisposition = &o.playback.Disposition
		}
		signed, err = d.presigner.PresignGetObject(t.Context(), in, s3.WithPresignExpires(o.ttl))
	}
	if err != nil {
		t.Fatal(err)
	}
	return signed.URL
}

func (d *desk) ours(t testing.TB, o one, put bool) string {
	t.Helper()
	d.credentials, d.at = o.credentials, o.at
	if !put {
		play, err := d.signer.SignGet(t.Context(), o.upload.Key, o.playback, o.ttl)
		if err != nil {
			t.Fatal(err)
		}
		return string(play.URL)
	}
	parts, err := d.signer.SignParts(t.Context(), o.upload, []session.PartToSign{o.part}, o.ttl)
	if err != nil {
		t.Fatal(err)
	}
	return string(parts[0].URL)
}

// agree returns both URLs, if the SDK makes the same of o.
func (o one) agree(t testing.TB) (urls []string) {
	t.Helper()
	d := newDesk(t, o)
	for _, put := range []bool{true, false} {
		got, want := d.ours(t, o, put), d.sdk(t, o, put)
		if got != want {
			t.Errorf("signed as\n%s\nand by the SDK as\n%s", got, want)
		}
		urls = append(urls, got)
	}
	return urls
}

// The golden cases: what people read and a reviewer can check. `make golden`
// rewrites them.
func TestGoldenURLs(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	static := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	role := static
	role.SessionToken = "FwoGZXIvYXdzE+/=="
	sum := session.Checksum(base64.StdEncoding.EncodeToString(make([]byte, 32)))
	base := one{bucket: "recordings", region: "eu-central-1", credentials: static, at: at, ttl: 15 * time.Minute,
		upload: session.Upload{Key: "recordings/abc.webm", ID: "UP~1/x+y=", Algorithm: session.NoChecksum}, part: session.PartToSign{Number: 1, Size: 5 << 20}}
	cases := []struct {
		name   string
		change func(*one)
	}{
		{"virtual host", func(*one) {}},
		{"path style", func(o *one) { o.pathStyle = true }},
		{"sha256", func(o *one) { o.upload.Algorithm, o.part.Checksum = session.SHA256, sum }},
		{"crc32c", func(o *one) { o.upload.Algorithm, o.part.Checksum = session.CRC32C, "4waSgw==" }},
		{"md5", func(o *one) { o.upload.Algorithm, o.part.Checksum = session.MD5, "1B2M2Y8AsgTpgAmY7PhCfg==" }},
		{"unsized", func(o *one) { o.upload.Unsized = true }},
		{"role", func(o *one) { o.credentials = role }},
		{"endpoint with a port", func(o *one) { o.endpoint, o.pathStyle = "http://127.0.0.1:9000", true }},
		{"endpoint with a base path", func(o *one) { o.endpoint, o.pathStyle = "https://s3.example/base/path", true }},
		{"endpoint with the usual port", func(o *one) { o.endpoint, o.pathStyle = "https://s3.example:443", true }},
		{"virtual host on an endpoint", func(o *one) { o.endpoint = "https://s3.example:8443" }},
		{"bucket with dots", func(o *one) { o.bucket = "my.bucket.example" }},
		{"key in UTF-8", func(o *one) { o.upload.Key = "a b/ü+世界/%41?#&=.webm" }},
		{"last part", func(o *one) { o.part = session.PartToSign{Number: 10000, Size: 1} }},
		{"seven days", func(o *one) { o.ttl = 7 * 24 * time.Hour }},
		{"us-east-1", func(o *one) { o.region = "us-east-1" }},
		{"China", func(o *one) { o.region = "cn-north-1" }},
		{"playback", func(o *one) {
			o.playback = session.Playback{ContentType: "video/webm;codecs=vp9,opus", Disposition: `inline; filename*=utf-8''Gr%C3%BC%C3%9Fe.webm`}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := base
			c.change(&o)
			golden(t, strings.ReplaceAll(c.name, " ", "-"), strings.Join(o.agree(t), "\n")+"\n")
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("it is not what %s holds (make golden rewrites it; review the difference): %v\n%s", path, err, got)
	}
}

// 20,000 random URLs, byte by byte against the SDK's.
func TestWeSignAsTheSDKDoes(t *testing.T) {
	const cases = 20_000
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	t.Logf("SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var desks [64]*desk // some bucket each, for many cases
	for n := range cases {
		if n%2_000 == 0 {
			for i := range desks {
				desks[i] = newDesk(t, randomCase(random))
			}
		}
		o, d := randomCase(random), desks[random.IntN(len(desks))]
		if got, want := d.ours(t, o, n%2 == 0), d.sdk(t, o, n%2 == 0); got != want {
			t.Fatalf("case %d is signed as\n%s\nand by the SDK as\n%s", n, got, want)
		}
	}
}

func randomCase(r *rand.Rand) one {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	text := func(most int) string {
		var b strings.Builder
		for range 1 + r.IntN(most) {
			switch r.IntN(4) {
			case 0:
				b.WriteByte(byte(' ' + r.IntN(95)))
			case 1:
				b.WriteString(pick("/", "//", "..", "%2F", "+", "~", "é", "世", "😀", "\u202e", "&", "=", "?", "#"))
			default:
				b.WriteByte("abcdefghijklmnopqrstuvwxyz0123456789-._"[r.IntN(39)])
			}
		}
		return b.String()
	}
	var digest [32]byte
	for i := range digest {
		digest[i] = byte(r.Uint32())
	}
	o := one{
		bucket: pick("recordings", "my.bucket", "b-1"), region: pick("us-east-1", "eu-central-1", "ap-southeast-3", "cn-north-1", "us-gov-west-1", "auto"),
		endpoint:  pick("", "", "https://s3.example", "http://127.0.0.1:9000", "http://[::1]:9000", "https://s3.example:443/base", "https://account.r2.cloudflarestorage.com"),
		pathStyle: r.IntN(2) == 0, at: time.Unix(r.Int64N(4_000_000_000), r.Int64N(1e9)), ttl: time.Duration(1+r.IntN(7*24*3600)) * time.Second,
		credentials: aws.Credentials{AccessKeyID: "AK" + text(20), SecretAccessKey: text(40)},
		upload:      session.Upload{Key: session.Key("k" + text(80)), ID: session.UploadID(text(120)), Algorithm: session.NoChecksum},
		part:        session.PartToSign{Number: session.PartNumber(1 + r.IntN(10000)), Size: 1 + r.Int64N(5<<30)},
	}
	o.upload.Algorithm = []session.ChecksumAlgorithm{session.NoChecksum, session.SHA256, session.CRC32C, session.MD5}[r.IntN(4)]
	o.part.Checksum = o.upload.Algorithm.Sum(digest[:])
	o.upload.Unsized = o.upload.Algorithm == session.NoChecksum && r.IntN(2) == 0
	if r.IntN(3) == 0 {
		o.credentials.SessionToken = text(300)
	}
	if r.IntN(2) == 0 {
		o.playback = session.Playback{ContentType: text(40), Disposition: text(80)}
	}
	return o
}

func FuzzSign(f *testing.F) {
	f.Add("recordings/a b.webm", "upload~1", "token", "inline", uint16(1), int64(5), true)
	f.Add("ü//..?#&%", "", "", "", uint16(10000), int64(1), false)
	f.Fuzz(func(t *testing.T, key, upload, token, disposition string, number uint16, size int64, pathStyle bool) {
		if key == "" || upload == "" || size < 1 || number < 1 || number > 10000 {
			t.Skip("S3 has no such thing")
		}
		one{bucket: "recordings", region: "eu-central-1", pathStyle: pathStyle, at: time.Unix(1_800_000_000, 0), ttl: time.Hour,
			credentials: aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: token},
			upload:      session.Upload{Key: session.Key(key), ID: session.UploadID(upload)}, part: session.PartToSign{Number: session.PartNumber(number), Size: size},
			playback: session.Playback{Disposition: disposition}}.agree(t)
	})
}

// The example AWS publishes, from its documented inputs:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html (read 2026-11-22).
func TestTheExampleThatAWSPublishes(t *testing.T) {
	at := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	key := newSigningKey("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", "20130524", "us-east-1")
	where := endpoint{region: "us-east-1", base: "https://examplebucket.s3.amazonaws.com", path: "/", host: "examplebucket.s3.amazonaws.com"}
	const want = "https://examplebucket.s3.amazonaws.com/test.txt" +
		"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
		"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
		"&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
	if got := (single{method: "GET", key: "test.txt"}).sign(key, where, at, 24*time.Hour); got != want {
		t.Errorf("signed as %s", got)
	}
}
