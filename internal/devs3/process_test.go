package devs3_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend/meta"

	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
)

func config(t *testing.T) devs3.Config {
	return devs3.Config{Dir: t.TempDir(), Bucket: "recordings", AccessKey: "AK", SecretKey: "the-secret-key"}
}

func TestStartReturnsOnceTheBucketAnswers(t *testing.T) {
	begin := time.Now()
	server := devs3test.Start(t)
	t.Logf("started in %v", time.Since(begin))
	_, err := devs3test.Client(server).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &server.Bucket})
	if err != nil {
		t.Fatal(err)
	}
}

func TestATakenPortIsNamed(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	cfg := config(t)
	cfg.Addr = ln.Addr().String()
	server, err := devs3.Start(t.Context(), cfg)
	if err == nil {
		server.Close()
		t.Fatal("started on a taken port")
	}
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), cfg.Addr+" is taken") {
		t.Errorf("got %q", err)
	}
}

func TestMistakesInTheConfigAreReported(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*devs3.Config)
		want   string
	}{
		{"no folder", func(c *devs3.Config) { c.Dir = "" }, "Dir is empty"},
		{"no secret", func(c *devs3.Config) { c.SecretKey = "" }, "SecretKey is empty"},
		{"no port", func(c *devs3.Config) { c.Addr = "127.0.0.1" }, "missing port"},
		{"half a certificate", func(c *devs3.Config) { c.CertFile = "cert.pem" }, "belong together"},
		{"an origin with a slash", func(c *devs3.Config) { c.AllowOrigins = []string{page + "/"} }, "not an origin"},
		{"an origin without a scheme", func(c *devs3.Config) { c.AllowOrigins = []string{"page.example"} }, "not an origin"},
		{"an upper case bucket", func(c *devs3.Config) { c.Bucket = "Recordings" }, "not a bucket name"},
		{"a folder that is a file", func(c *devs3.Config) { c.Dir = os.Args[0] }, "not a directory"},
		{"no such certificate", func(c *devs3.Config) { c.CertFile, c.KeyFile = "no.pem", "no.pem" }, "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := config(t)
			test.change(&cfg)
			server, err := devs3.Start(t.Context(), cfg)
			if err == nil {
				server.Close()
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want something with %q", err, test.want)
			}
		})
	}
}

func TestAStartThatTakesTooLongIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	server, err := devs3.Start(ctx, config(t))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, %v", server, err)
	}
}

func TestDataSurvivesARestart(t *testing.T) {
	for _, test := range []struct {
		name string
		side bool // the folder looks as on a file system without them
	}{
		{"in extended attributes", false},
		{"in files beside", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := config(t)
			side := filepath.Join(cfg.Dir, "meta")
			if test.side {
				if err := os.Mkdir(side, 0o700); err != nil {
					t.Fatal(err)
				}
			} else if err := (meta.XattrMeta{}).Test(cfg.Dir); err != nil {
				t.Skip(err)
			}
			first, err := devs3.Start(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			one, two := bytesOf(minPartSize, 1), bytesOf(1000, 2)
			done := create(t, first, withSHA256, func(in *s3.CreateMultipartUploadInput) {
				in.ContentType = new(string)
				*in.ContentType = "video/webm"
				in.Metadata = map[string]string{"owner": "ada"}
			})
			if _, err := done.complete(done.mustPut(1, one, sum(one)), done.mustPut(2, two, sum(two))); err != nil {
				t.Fatal(err)
			}
			open := create(t, first, withSHA256)
			part := open.mustPut(1, two, sum(two))
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}

			second, err := devs3.Start(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			done.server, done.client = second, devs3test.Client(second)
			open.server, open.client = done.server, done.client
			wantObject(done, one, two)
			if _, err := open.put(2, two, nil); err == nil {
				t.Error("the open upload forgot its checksum")
			}
			if _, err := open.complete(part); err != nil {
				t.Errorf("complete the open upload: %v", err)
			}
			if files, _ := os.ReadDir(side); (len(files) > 0) != test.side {
				t.Errorf("%d files in meta/", len(files))
			}
		})
	}
}

func TestTheServerEndsWithItsParentEvenByKill9(t *testing.T) {
	cmd, child := startHelper(t)
	if !running(child.Pid) {
		t.Fatalf("no process %d", child.Pid)
	}
	cmd.Process.Signal(syscall.SIGKILL)
	cmd.Wait()
	waitFor(t, "the server to end", func() bool { return !running(child.Pid) })
}

func TestTheServerIgnoresCtrlC(t *testing.T) {
	cmd, child := startHelper(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if err := syscall.Kill(child.Pid, signal); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(200 * time.Millisecond)
	if resp, _ := do(t, "GET", child.Endpoint, nil, nil); resp.StatusCode != http.StatusForbidden {
		t.Errorf("status %d", resp.StatusCode)
	}
	cmd.Process.Kill()
	cmd.Wait()
	waitFor(t, "the server to end", func() bool { return !running(child.Pid) })
}

func TestNoSecretIsOnTheCommandLineOrInTheEnvironment(t *testing.T) {
	cfg := config(t)
	server, err := devs3.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for _, file := range []string{"cmdline", "environ"} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", server.Pid, file))
		if err != nil {
			t.Skip(err)
		}
		if strings.Contains(string(b), cfg.SecretKey) {
			t.Errorf("the secret key is in /proc/pid/%s", file)
		}
	}
	for _, printed := range []string{fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprint(server), fmt.Sprintf("%+v", server)} {
		if strings.Contains(printed, cfg.SecretKey) {
			t.Errorf("printed: %s", printed)
		}
	}
}

func TestExitedTellsThatTheServerDied(t *testing.T) {
	server, err := devs3.Start(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-server.Exited():
		t.Fatal("exited at once")
	default:
	}
	syscall.Kill(server.Pid, syscall.SIGKILL)
	select {
	case <-server.Exited():
	case <-time.After(5 * time.Second):
		t.Fatal("not noticed")
	}
	if err := server.Close(); err == nil || !strings.Contains(err.Error(), "ended on its own: signal: killed") {
		t.Errorf("Close: %v", err)
	}
}

func TestCloseLetsARunningRequestEnd(t *testing.T) {
	server, err := devs3.Start(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	u := create(t, server)
	body := bytesOf(1_000_000, 1) // fasthttp reads 8 kB before the request begins
	conn := dialPut(t, u, 1, body[:600_000], len(body))
	defer conn.Close()
	time.Sleep(100 * time.Millisecond) // the request has begun

	closed := make(chan error, 1)
	go func() { closed <- server.Close() }()
	time.Sleep(200 * time.Millisecond)
	conn.Write(body[600_000:])
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("the running PUT: %v, %v", resp, err)
	}
	conn.Close()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

func TestCloseDoesNotWaitForAStalledRequest(t *testing.T) {
	server, err := devs3.Start(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	conn := dialPut(t, create(t, server), 1, bytesOf(600_000, 1), 1_000_000)
	defer conn.Close()
	time.Sleep(100 * time.Millisecond)
	begin := time.Now()
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestTLS(t *testing.T) {
	certFile, keyFile, pool := selfSigned(t)
	server := devs3test.Start(t, func(c *devs3.Config) {
		c.Addr, c.CertFile, c.KeyFile = "0.0.0.0:0", certFile, keyFile
		c.AllowOrigins = []string{page}
	})
	if !strings.HasPrefix(server.Endpoint, "https://127.0.0.1:") {
		t.Fatalf("endpoint %s", server.Endpoint)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	trusting := s3.New(devs3test.Client(server).Options(), func(o *s3.Options) { o.HTTPClient = client })
	u := create0(t, server, trusting)
	body := bytesOf(1000, 1)
	if _, err := u.complete(u.mustPut(1, body, sum(body))); err != nil {
		t.Fatal(err)
	}
	if string(u.get()) != string(body) {
		t.Error("another body came back")
	}
}

// create0 is create with a client of the caller's.
func create0(t *testing.T, server *devs3.Server, client *s3.Client) upload {
	t.Helper()
	u := upload{t: t, server: server, client: client, key: t.Name()}
	in := &s3.CreateMultipartUploadInput{Bucket: &server.Bucket, Key: &u.key}
	withSHA256(in)
	out, err := client.CreateMultipartUpload(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	u.id = *out.UploadId
	return u
}

type helperChild struct {
	Pid      int    `json:"pid"`
	Endpoint string `json:"endpoint"`
}

// startHelper runs this test binary as a program that starts a server.
func startHelper(t *testing.T) (*exec.Cmd, helperChild) {
	t.Helper()
	settings, err := json.Marshal(config(t))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+string(settings))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	var child helperChild
	if err := json.NewDecoder(out).Decode(&child); err != nil {
		t.Fatal(err)
	}
	return cmd, child
}

// running tells whether the process does something. An orphan that has ended
// may stay listed as a zombie, where nobody reaps.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err != nil || !strings.HasPrefix(state, "Z")
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// dialPut sends the head of a presigned PUT that announces size bytes, and then
// only body.
func dialPut(t *testing.T, u upload, n int32, body []byte, size int) *net.TCPConn {
	t.Helper()
	signed := u.presign(n, int64(size), nil, time.Minute)
	host := strings.TrimPrefix(u.server.Endpoint, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n", strings.TrimPrefix(signed.URL, u.server.Endpoint), host, size)
	if _, err := conn.Write(body); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

func selfSigned(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	if err := errors.Join(os.WriteFile(certFile, certPEM, 0o600), os.WriteFile(keyFile, keyPEM, 0o600)); err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, pool
}
