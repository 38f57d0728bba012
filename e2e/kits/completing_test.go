// Package kits runs the kits' test apps against a broker whose S3 does not
// answer. What a broker in order does for them is tested beside their apps.
package kits

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"slipway/internal/httpapi/apitest"
	"slipway/internal/session"
)

func TestMain(m *testing.M) { apitest.Main(m) }

const size = session.MinPartSize + 99

// app runs a kit's test app, to be killed when S3 has all of the file or not at
// all.
type app func(broker, grant, file, state string, killed bool) *exec.Cmd

// S3 has made the object, and does not list its parts any more.
func TestAnAppThatComesBackWaitsForWhatIsBeingCompleted(t *testing.T) {
	for kit, app := range map[string]app{"js": kitJS, "android": kitAndroid(t)} {
		t.Run(kit, func(t *testing.T) {
			t.Parallel() // each waits
			comesBack(t, app)
		})
	}
}

func comesBack(t *testing.T, app app) {
	api := apitest.Start(t)
	file, state := filepath.Join(t.TempDir(), "holiday.mp4"), filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(file, apitest.Noise(size), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := app(api.URL, api.Grant(t, "ann"), file, state, true).CombinedOutput(); !wasKilled(err) {
		t.Fatalf("the app was not killed: %v\n%s", err, said)
	}
	asked := partsCalls(api)
	api.CompleteUnanswered(t, true)
	said, err := app(api.URL, api.Grant(t, "ann"), file, state, false).CombinedOutput()
	done := regexp.MustCompile(`(?m)^DONE (\S+)`).FindSubmatch(said)
	if err != nil || done == nil {
		t.Fatalf("it ended with %v:\n%s", err, said)
	}
	if n := partsCalls(api); n != asked {
		t.Errorf("it asked for %d URLs or more, and S3 had all", n-asked)
	}
	head, err := api.Broker.Bucket.Head(t.Context(), session.ID(done[1]).Key("recordings/"))
	if err != nil || head.Size != size {
		t.Errorf("S3 has %d bytes (%v)", head.Size, err)
	}
}

// wasKilled tells an app that ended itself in the middle from one that failed.
func wasKilled(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return ok && (exit.ExitCode() == -1 || exit.ExitCode() == 9)
}

func partsCalls(api *apitest.API) int { return strings.Count(api.Log.String(), "/parts") }

func kitJS(broker, grant, file, state string, killed bool) *exec.Cmd {
	die := "never"
	if killed {
		die = "complete"
	}
	return exec.Command("node", "../lib/kit-js-app.js", broker, grant, file, state, die)
}

func kitAndroid(t *testing.T) app {
	t.Helper()
	classes := t.TempDir()
	sources, err := filepath.Glob("../../kit/android/src/slipway/upload/*.java")
	if err != nil || len(sources) == 0 {
		t.Fatalf("kit/android has no sources (%v)", err)
	}
	args := append([]string{"--release", "11", "-d", classes, "../lib/KitAndroidApp.java"}, sources...)
	if out, err := exec.Command("javac", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return func(broker, grant, file, state string, killed bool) *exec.Cmd {
		die := 2 * size
		if killed {
			die = size
		}
		return exec.Command("java", "-Xmx64m", "-cp", classes, "KitAndroidApp", broker, grant, file, state, strconv.Itoa(die))
	}
}
