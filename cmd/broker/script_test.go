package main

import (
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/rogpeppe/go-internal/testscript"

	"slipway/internal/access"
	"slipway/internal/devs3"
	"slipway/internal/devs3/devs3test"
	"slipway/internal/session"
	"slipway/internal/session/redisstore/redistest"
)

// The scripts in testdata run the program against a broker of their own, with
// a Redis of its own, and a prefix of its own in one strict S3 server.
//
// Beside testscript's own commands there are:
//
//	exits CODE COMMAND…             runs it and wants this exit code
//	open VARIABLE OWNER NAME        a recorder opens a session; VARIABLE becomes its ID
//	put ID NUMBER SIZE              it PUTs a part
//	report ID NUMBER SIZE           it reports one
//	upload VARIABLE KEY             somebody begins a multipart upload; VARIABLE becomes its ID
//	eventually FILE REGEXP          waits until the file holds it
func TestScripts(t *testing.T) {
	s3Server := devs3test.Start(t)
	bin := t.TempDir()
	if err := os.Symlink(os.Args[0], filepath.Join(bin, "broker")); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+":"+e.Getenv("PATH"))
			newStage(e, s3Server)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "open": onStage((*stage).open), "put": onStage((*stage).put), "report": onStage((*stage).report),
			"upload": onStage((*stage).upload), "eventually": eventually,
		},
		RequireUniqueNames: true,
	})
}

// stage is what stands around a script.
type stage struct {
	testing.TB
	s3Server *devs3.Server
	broker   running
	apiKey   string
	opened   map[string]opened // by ID
}

func newStage(e *testscript.Env, s3Server *devs3.Server) {
	st := &stage{TB: e.T().(testing.TB), s3Server: s3Server, opened: map[string]opened{}}
	key, secret := access.NewAPIKey("all", session.AllScopes...)
	weak, weakSecret := access.NewAPIKey("grants", session.ScopeGrants)
	st.apiKey = secret
	st.broker = serve(st, append(envOf(s3Server), "BROKER_REDIS_URL=redis://"+redistest.Start(st).Addr, "BROKER_KEY_PREFIX="+st.prefix(),
		"BROKER_TOKEN_KEYS="+base64.StdEncoding.EncodeToString(make([]byte, 32)), "BROKER_API_KEYS="+key.String()+","+weak.String()))
	for _, variable := range program(st.Context(), nil).Env {
		if name, value, _ := strings.Cut(variable, "="); name != "PATH" {
			e.Setenv(name, value)
		}
	}
	e.Setenv("BROKER_URL", st.broker.URL)
	e.Setenv("S3", s3Server.Endpoint)
	e.Setenv("BROKER_API_KEY", secret)
	e.Setenv("WEAK_KEY", weakSecret)
	e.Setenv("PREFIX", st.prefix())
	e.Values["stage"] = st
}

// prefix is where this script's recordings are.
func (st *stage) prefix() string { return filepath.Base(st.Name()) + "/" }

func onStage(do func(*stage, *testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) { do(ts.Value("stage").(*stage), ts, args) }
}

func (st *stage) open(ts *testscript.TestScript, args []string) {
	o := st.broker.openAs(st, st.apiKey, unquoted(ts, args[1]), unquoted(ts, args[2]))
	st.opened[o.ID] = o
	ts.Setenv(args[0], o.ID)
}

func (st *stage) put(_ *testscript.TestScript, args []string) {
	st.opened[args[0]].put(st, number(st, args[1]), make([]byte, number(st, args[2])))
}

func (st *stage) report(_ *testscript.TestScript, args []string) {
	st.opened[args[0]].report(st, number(st, args[1]), number(st, args[2]))
}

// unquoted is text that may hold anything, escaped as in Go.
func unquoted(ts *testscript.TestScript, text string) string {
	raw, err := strconv.Unquote(`"` + text + `"`)
	ts.Check(err)
	return raw
}

func number(t testing.TB, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (st *stage) upload(ts *testscript.TestScript, args []string) {
	key := unquoted(ts, args[1])
	out, err := devs3test.Client(st.s3Server).CreateMultipartUpload(st.Context(), &s3.CreateMultipartUploadInput{Bucket: &st.s3Server.Bucket, Key: &key})
	ts.Check(err)
	ts.Setenv(args[0], *out.UploadId)
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	code, err := 0, ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code, err = exit.ExitCode(), nil
	}
	ts.Check(err)
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func eventually(ts *testscript.TestScript, _ bool, args []string) {
	want, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	var held []byte
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if held, err = os.ReadFile(ts.MkAbs(args[0])); err == nil && want.Match(held) {
			return
		}
	}
	ts.Fatalf("%s holds\n%s\nand never %s", args[0], held, args[1])
}
