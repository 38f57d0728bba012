//go:build linux

package main

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"slipway/bench/result"
	"slipway/bench/rig"
)

func machine() result.Machine {
	var info unix.Sysinfo_t
	_ = unix.Sysinfo(&info) // fails only for a bad pointer
	return result.Machine{System: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU(), MemoryGiB: int((info.Totalram*uint64(info.Unit) + 1<<29) >> 30), LoadBefore: load1()}
}

// load1 is the machine's load of the last minute.
func load1() float64 {
	text, _ := os.ReadFile("/proc/loadavg") // always there
	var load float64
	_, _ = fmt.Sscan(string(text), &load)
	return load
}

// mostLoad is how busy a machine may be before it is measured on: half a core with
// other things. patience is how long what was compiled a moment ago is waited for:
// load1 falls to a quarter in 83 s.
const (
	mostLoad = 0.5
	patience = 4 * time.Minute
)

// untilIdle waits until the machine has little else to do.
//
// Errors: it still has after the patience; ctx ended.
func untilIdle(ctx context.Context, load func() float64, every, patience time.Duration) error {
	for deadline := time.Now().Add(patience); ; {
		now := load()
		if now <= mostLoad {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the machine's load is %.2f, and above %.1f nothing is recorded; -busy measures all the same", now, mostLoad)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}

// versions asks what is there, and not what should be.
func versions(p rig.Programs) map[string]string {
	v := map[string]string{"Go": strings.TrimPrefix(runtime.Version(), "go")}
	for _, name := range []string{"@uppy/companion", "hono", "@hono/node-server", "express", "@aws-sdk/client-s3", "@aws-sdk/s3-request-presigner"} {
		v[name] = packageVersion(filepath.Join(p.Peers, "node_modules", name, "package.json"))
	}
	for _, major := range []string{"5", "6"} {
		for _, name := range []string{"@uppy/core", "@uppy/aws-s3"} {
			v[name+" "+major] = packageVersion(filepath.Join(p.Peers, "uppy"+major, "node_modules", name, "package.json"))
		}
	}
	v["tusd"] = moduleVersion(p.Tusd)
	v["Slipway"] = revision(p.Broker)
	v["Node"] = strings.TrimPrefix(said("node", "--version"), "v")
	v["Chromium"], _, _ = strings.Cut(strings.TrimPrefix(said(cmp.Or(os.Getenv("SLIPWAY_CHROMIUM"), "chromium"), "--version"), "Chromium "), " built")
	_, redis, _ := strings.Cut(said("redis-server", "--version"), "v=")
	v["Redis"], _, _ = strings.Cut(redis, " ")
	return v
}

const absent = "not there"

func packageVersion(path string) string {
	text, err := os.ReadFile(path)
	var manifest struct{ Version string }
	if err != nil || json.Unmarshal(text, &manifest) != nil {
		return absent
	}
	return manifest.Version
}

func moduleVersion(program string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return absent
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == "github.com/tus/tusd/v2" {
			return strings.TrimPrefix(m.Version, "v")
		}
	}
	return absent
}

// revision is the commit that a program of ours was built from.
func revision(program string) string {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return absent
	}
	var commit, changed string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " and changes"
		}
	}
	return cmp.Or(commit, "of no commit") + changed
}

func said(program, arg string) string {
	out, err := exec.Command(program, arg).Output()
	if err != nil {
		return absent
	}
	return strings.TrimSpace(string(out))
}
