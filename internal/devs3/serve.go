package devs3

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/s3api/utils"
)

const (
	// shutdownGrace is how long running requests may go on once the server is
	// asked to end.
	shutdownGrace = 3 * time.Second

	maxConnections = 4096
	maxRequests    = 1024
	maxPartNumber  = 10_000

	portAttempts = 20
)

// serve runs the gateway in this process until stop is closed. ready is called
// once, with the endpoint, when the bucket exists and connections are accepted.
//
// It changes the working directory for good: see openStorage.
func serve(cfg Config, ready func(endpoint string), stop <-chan struct{}) error {
	storage, err := openStorage(cfg.Dir, cfg.RetentionDays > 0)
	if err != nil {
		return err
	}
	defer storage.Shutdown()
	if err := ensureBucket(storage, cfg); err != nil {
		return err
	}
	scheme, addr := "http", ""
	gateway, err := newGateway(cfg, newForeign(storage, cfg), func() { ready(scheme + "://" + reachable(addr)) })
	if err != nil {
		return err
	}
	if cfg.CertFile != "" {
		scheme = "https"
		// The type of this field is internal to versitygw; newLike makes one
		// without naming it.
		gateway.CertStorage = newLike(gateway.CertStorage)
		if err := gateway.CertStorage.SetCertificate(cfg.CertFile, cfg.KeyFile); err != nil {
			return err
		}
	}
	served := make(chan error, 1)
	go func() { // ends with the gateway; this process ends with serve
		served <- listen(cfg.Addr, func(a string) error {
			addr = a
			return gateway.ServeMultiPort([]string{a})
		})
	}()
	select {
	case err := <-served:
		return err
	case <-stop:
		drain(gateway)
		return nil
	}
}

func newGateway(cfg Config, be *foreign, onListen func()) (*s3api.S3ApiServer, error) {
	iam, err := auth.New(&auth.Opts{RootAccount: auth.Account{
		Access: cfg.AccessKey, Secret: cfg.SecretKey, Role: auth.RoleAdmin,
	}})
	if err != nil {
		return nil, err
	}
	utils.SetBucketNameValidationStrict(true)
	options := []s3api.Option{
		s3api.WithQuiet(), // its request log would name every key
		s3api.WithKeepAlive(),
		s3api.WithConcurrencyLimiter(maxConnections, maxRequests),
		s3api.WithMpMaxParts(maxPartNumber),
		s3api.WithOnListen(onListen),
	}
	cors := byRules(be)
	if len(cfg.AllowOrigins) > 0 {
		cors = newCORS(cfg.AllowOrigins).handle
	}
	for _, middleware := range []fiber.Handler{cors, hearOut, oneAuth, be.manner.handle} {
		options = append(options, s3api.WithMiddleware("/", middleware))
	}
	root := middlewares.RootUserConfig{Access: cfg.AccessKey, Secret: cfg.SecretKey}
	return s3api.New(be, root, cfg.Region, iam, nil, nil, nil, nil, options...)
}

// ensureBucket creates the bucket directly in the storage. That needs neither
// a signature nor, with TLS, trust in our own certificate.
func ensureBucket(be *storage, cfg Config) error {
	if !utils.IsValidBucketName(cfg.Bucket) {
		return fmt.Errorf("%q is not a bucket name S3 would accept", cfg.Bucket)
	}
	ctx := context.Background()
	if _, err := be.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &cfg.Bucket}); err == nil {
		return nil
	}
	acl, err := json.Marshal(auth.ACL{Owner: cfg.AccessKey})
	if err != nil {
		return err
	}
	locks := cfg.RetentionDays > 0
	err = be.CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket:                     &cfg.Bucket,
		ObjectOwnership:            types.ObjectOwnershipBucketOwnerEnforced,
		ObjectLockEnabledForBucket: &locks,
		CreateBucketConfiguration:  &types.CreateBucketConfiguration{}, // read without a nil check
	}, acl)
	if err == nil && locks {
		err = be.setRetention(ctx, cfg.Bucket, cfg.RetentionDays)
	}
	if err != nil {
		return fmt.Errorf("create bucket %s: %w", cfg.Bucket, err)
	}
	return nil
}

// listen calls serve with addr. Port 0 is resolved here, because the gateway
// takes an address and not a listener, and would not tell which port it got: a
// free port is found, given back, and bound again by the gateway. If another
// program is quicker that bind fails, and the next port is tried.
func listen(addr string, serve func(addr string) error) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if port != "0" {
		return serve(addr)
	}
	for range portAttempts {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		ln.Close()
		if err := serve(net.JoinHostPort(host, port)); !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
	}
	return fmt.Errorf("no free port on %s after %d attempts: %w", host, portAttempts, syscall.EADDRINUSE)
}

// reachable turns the address of "every interface" into one that can be dialled.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}

// drain stops accepting connections and lets running requests end, for at most
// shutdownGrace. (The gateway itself waits for a fixed 10 s.)
func drain(gateway *s3api.S3ApiServer) {
	ended := make(chan struct{})
	go func() { // ends after 10 s at the latest, or with the process
		gateway.ShutDown()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(shutdownGrace):
	}
}

func newLike[T any](*T) *T { return new(T) }
