package presign_test

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/presign"
	"slipway/internal/session"
)

// A Signer sends nothing: it computes the URL to which a recorder PUTs one part.
func ExampleSigner_SignParts() {
	client := s3.New(s3.Options{
		Region:      "eu-central-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKEXAMPLE", "not a real secret", ""),
	})
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	signer, err := presign.New(context.Background(), client, "recordings", func() time.Time { return noon })
	if err != nil {
		fmt.Println(err)
		return
	}
	upload := session.Upload{Key: "recordings/talk.webm", ID: "upload-1"}
	parts, err := signer.SignParts(context.Background(), upload, []session.PartToSign{{Number: 1, Size: 5 << 20}}, 15*time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(parts[0].URL) // prints without the query, which is a secret
	signed, _ := url.Parse(string(parts[0].URL))
	fmt.Println(signed.Query().Get("partNumber"), signed.Query().Get("X-Amz-SignedHeaders"))
	fmt.Println("until", parts[0].ExpiresAt.Format(time.TimeOnly))
	// Output:
	// https://recordings.s3.eu-central-1.amazonaws.com/recordings/talk.webm?…
	// 1 content-length;host
	// until 12:15:00
}
