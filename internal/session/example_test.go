package session_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"slipway/internal/bucket"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/presign"
	"slipway/internal/session"
	"slipway/internal/session/memstore"
)

// A Broker opens a session, the recorder PUTs a part to S3, and the Broker
// completes the session. S3 is a real server here, and the sessions are kept in
// memory.
func ExampleBroker() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	broker, stop, err := startBroker(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()

	recorded := []byte("what was recorded")
	size := int64(len(recorded))
	opened, err := broker.Open(ctx, session.Grant{Owner: "ann"},
		session.OpenRequest{ContentType: "video/webm"}, []session.PartToSign{{Number: 1, Size: size}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(opened.Session.State)

	// This is what a recorder does: the bytes do not pass through the Broker.
	put, _ := http.NewRequestWithContext(ctx, http.MethodPut, string(opened.URLs[0].URL), bytes.NewReader(recorded))
	answer, err := http.DefaultClient.Do(put)
	if err != nil {
		fmt.Println("S3 did not answer")
		return
	}
	_ = answer.Body.Close()
	part := session.Part{Number: 1, Size: size, ETag: session.ETag(answer.Header.Get("ETag"))}

	token := opened.Session.SessionToken(broker.Bucket.Name())
	ref := session.Ref{ID: token.ID, SessionToken: &token}
	done, err := broker.Complete(ctx, ref, session.Claim{Parts: []session.Part{part}, Size: size})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(done.State, done.Result.Outcome, done.Result.Size, "bytes")
	// Output:
	// open
	// completed completed 17 bytes
}

// startBroker starts an S3 server and a Broker over it.
func startBroker(ctx context.Context) (*session.Broker, func(), error) {
	dir, err := os.MkdirTemp("", "slipway-example-")
	if err != nil {
		return nil, nil, err
	}
	server, err := devs3.Start(ctx, devs3.Config{Dir: dir, AccessKey: "AK" + rand.Text(), SecretKey: rand.Text(), Bucket: "recordings"})
	if err != nil {
		return nil, nil, err
	}
	stop := func() {
		_ = server.Close()
		_ = os.RemoveAll(dir)
	}
	client := devs3test.Client(server)
	broker, err := brokerOver(ctx, client, server)
	if err != nil {
		stop()
	}
	return broker, stop, err
}

func brokerOver(ctx context.Context, client *s3.Client, server *devs3.Server) (*session.Broker, error) {
	signer, err := presign.New(ctx, client, server.Bucket, time.Now)
	if err != nil {
		return nil, err
	}
	return &session.Broker{
		Store:  &memstore.Store{},
		Bucket: bucket.New(client, bucket.Options{Endpoint: server.Endpoint, Bucket: server.Bucket}),
		Signer: signer,
		Secret: []byte(rand.Text()),
		Now:    time.Now,
		Limits: session.Limits{
			KeyPrefix: "recordings/", PartSize: session.MinPartSize, MaxBytes: 100 << 20,
			URLTTL: 15 * time.Minute, MaxURLTTL: 24 * time.Hour, SessionTTL: 8 * 24 * time.Hour,
			KeepRecord: 24 * time.Hour, CompleteWithin: 10 * time.Second,
			AbandonAfter: 24 * time.Hour, ResumeWindow: 7 * 24 * time.Hour, AdoptAfter: time.Hour,
		},
	}, nil
}
