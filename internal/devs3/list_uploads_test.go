package devs3_test

import (
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// versitygw looks at each upload that it found, and some have ended by then.
func TestUploadsAreListedWhileOthersEnd(t *testing.T) {
	server, client := shared(t)
	key := t.Name()
	var ending sync.WaitGroup
	for range 4 {
		ending.Go(func() {
			for range 60 {
				made, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &server.Bucket, Key: &key})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := client.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &server.Bucket, Key: &key, UploadId: made.UploadId}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() { // the test waits for it
		defer close(ended)
		ending.Wait()
	}()
	for {
		if _, err := client.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &server.Bucket}, func(o *s3.Options) { o.RetryMaxAttempts = 1 }); err != nil {
			t.Errorf("list: %v", err)
		}
		select {
		case <-ended:
			return
		default:
		}
	}
}
