package devs3_test

import (
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/provider"
)

// as starts a server in the manner of a provider.
func as(t *testing.T, name string) *devs3.Server {
	t.Helper()
	return devs3test.Start(t, func(c *devs3.Config) { c.As = name })
}

func TestEveryMannerIsThatOfAKnownProvider(t *testing.T) {
	for _, name := range devs3.Manners() {
		if !slices.Contains(provider.Names(), name) {
			t.Errorf("internal/provider knows no %s", name)
		}
	}
}

func TestHeadersThatOthersRefuse(t *testing.T) {
	const unheard, unsupported = "NotImplemented", "InvalidArgument"
	for _, c := range []struct {
		as, header   string
		part, create string // the code; empty: it is taken
	}{
		{"r2", "x-amz-checksum-sha256", unheard, ""},
		{"r2", "x-amz-checksum-crc32c", "", ""},
		{"r2", "x-amz-tagging", unheard, unheard},
		{"r2", "x-amz-server-side-encryption", unheard, unheard},
		{"b2", "x-amz-checksum-sha256", unsupported, unsupported},
		{"b2", "x-amz-checksum-algorithm", unsupported, unsupported},
		{"b2", "x-amz-mp-object-size", unsupported, unsupported},
		{"b2", "x-amz-meta-name", "", ""},
		{"b2", "content-md5", "", ""},
	} {
		t.Run(c.as+" "+c.header, func(t *testing.T) {
			server := as(t, c.as)
			for _, request := range []struct{ method, query, want string }{{http.MethodPut, "?partNumber=1&uploadId=u", c.part}, {http.MethodPost, "?uploads", c.create}} {
				res, body := do(t, request.method, server.Endpoint+"/"+server.Bucket+"/k"+request.query, nil, http.Header{http.CanonicalHeaderKey(c.header): {"x"}})
				code := regexp.MustCompile("<Code>(.*)</Code>").FindStringSubmatch(body)
				if len(code) == 0 { // nobody signed it: it is refused in any case
					t.Fatalf("%s is answered %s: %s", request.query, res.Status, body)
				}
				if got := code[1]; got != request.want && (request.want != "" || got == unheard || got == unsupported) {
					t.Errorf("%s is answered %s %s, want %q", request.query, res.Status, got, request.want)
				}
			}
		})
	}
}

func TestSizesThatOthersRefuse(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		as    string
		sizes []int
		want  string
	}{
		{"coreweave", []int{15*mib - 1, 1}, "EntityTooSmall"},
		{"coreweave", []int{15 * mib, 1}, ""},
		{"oracle", []int{10 * mib, 1}, "EntityTooSmall"},
		{"oracle", []int{10*mib + 1, 1}, ""},
		{"r2", []int{5 * mib, 6 * mib, 1}, "InvalidPart"},
		{"r2", []int{5 * mib, 6 * mib}, "InvalidPart"},
		{"r2", []int{5 * mib, 5 * mib, 1}, ""},
		{"b2", []int{5 * mib, 6 * mib, 1}, ""},
	} {
		u := create(t, as(t, c.as))
		var parts []types.CompletedPart
		for i, size := range c.sizes {
			parts = append(parts, u.mustPut(int32(i+1), make([]byte, size), nil))
		}
		_, err := u.complete(parts...)
		if c.want == "" {
			if err != nil {
				t.Errorf("as %s, parts of %v: %v", c.as, c.sizes, err)
			}
			continue
		}
		wantRefusal(t, err, http.StatusBadRequest, c.want)
	}
}

func TestScalewayTakesAThousandParts(t *testing.T) {
	u := create(t, as(t, "scaleway"))
	u.mustPut(1000, []byte("x"), nil)
	_, err := u.put(1001, []byte("x"), nil)
	wantRefusal(t, err, http.StatusBadRequest, "InvalidArgument")
}

func TestR2sETagsOfPartsAreNoMD5s(t *testing.T) {
	u := create(t, as(t, "r2"))
	first, second := u.mustPut(1, []byte("x"), nil), u.mustPut(1, []byte("y"), nil)
	if regexp.MustCompile(`^"?[0-9a-f]{32}"?$`).MatchString(*first.ETag) || *first.ETag == *second.ETag {
		t.Errorf("one body has the ETag %s and another %s", *first.ETag, *second.ETag)
	}
	listed, err := u.client.ListParts(t.Context(), &s3.ListPartsInput{Bucket: &u.server.Bucket, Key: &u.key, UploadId: &u.id})
	if err != nil || len(listed.Parts) != 1 || *listed.Parts[0].ETag != *second.ETag {
		t.Fatalf("listed is %+v, sent was %s (%v)", listed.Parts, *second.ETag, err)
	}
	_, err = u.complete(first)
	wantRefusal(t, err, http.StatusBadRequest, "InvalidPart")
	if _, err = u.complete(second); err != nil {
		t.Error(err)
	}
}

func TestGoogleTellsNoAlgorithmAndHasNoConditions(t *testing.T) {
	server := as(t, "gcs")
	var told *s3.CreateMultipartUploadOutput
	key := "k"
	for range 2 {
		u := create(t, server)
		u.key = key
		var err error
		if told, err = u.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &server.Bucket, Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmSha256}); err != nil {
			t.Fatal(err)
		}
		u.id = *told.UploadId
		part := u.mustPut(1, []byte("x"), nil)
		if _, err := u.completeWith(func(in *s3.CompleteMultipartUploadInput) { in.IfNoneMatch = aws.String("*") }, part); err != nil {
			t.Errorf("with a condition: %v", err)
		}
	}
	if told.ChecksumAlgorithm != "" {
		t.Errorf("it answers with %s", told.ChecksumAlgorithm)
	}
	_, err := devs3test.Client(server).GetBucketCors(t.Context(), &s3.GetBucketCorsInput{Bucket: &server.Bucket})
	wantRefusal(t, err, http.StatusNotImplemented, "NotImplemented")
}
