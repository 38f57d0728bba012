package deploy

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// stage is one of the Dockerfile.
type stage struct {
	name, base string
	copy       []string // sources of COPY from the repository
	build      string   // the go build line
	user       string
	env        map[string]string
}

// dockerfile is the stages, in order. The last is the broker's image.
func dockerfile(t *testing.T) (stages []stage) {
	t.Helper()
	text := strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " ")
	for line := range strings.Lines(text) {
		instruction, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		var words []string // without flags
		for _, word := range strings.Fields(rest) {
			if !strings.HasPrefix(word, "--") {
				words = append(words, word)
			}
		}
		if instruction == "FROM" {
			name := ""
			if len(words) == 3 {
				name = words[2]
			}
			stages = append(stages, stage{name: name, base: words[0], env: map[string]string{}})
		}
		if len(stages) == 0 {
			continue
		}
		now := &stages[len(stages)-1]
		switch instruction {
		case "COPY":
			if !strings.HasPrefix(rest, "--from=") {
				now.copy = append(now.copy, words[:len(words)-1]...)
			}
		case "ENV":
			for _, word := range words {
				name, value, _ := strings.Cut(word, "=")
				now.env[name] = value
			}
		case "RUN":
			if i := strings.Index(rest, "go build"); i >= 0 {
				now.build, _, _ = strings.Cut(rest[i:], " && ")
			}
		case "USER":
			now.user = words[0]
		}
	}
	return stages
}

// stageOf is the one of that name; "" is the last.
func stageOf(t *testing.T, name string) stage {
	t.Helper()
	stages := dockerfile(t)
	if name == "" {
		return stages[len(stages)-1]
	}
	i := slices.IndexFunc(stages, func(s stage) bool { return s.name == name })
	if i < 0 {
		t.Fatalf("the Dockerfile has no stage %s", name)
	}
	return stages[i]
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheDockerfileHasTheModulesGo(t *testing.T) {
	want := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))[1]
	if got := stageOf(t, "source").base; got != "golang:"+want {
		t.Errorf("it builds with %s and go.mod says %s", got, want)
	}
}

// dockerignore returns what is let in after "*" has shut all out, and what of
// that is shut out again.
func dockerignore(t *testing.T) (in, out []string) {
	t.Helper()
	rules := regexp.MustCompile(`(?m)^[^#\n].*$`).FindAllString(read(t, ".dockerignore"), -1)
	if rules[0] != "*" {
		t.Errorf(".dockerignore begins with %q", rules[0])
	}
	for _, rule := range rules[1:] {
		if name, ok := strings.CutPrefix(rule, "!"); ok {
			in = append(in, name)
		} else {
			out = append(out, rule)
		}
	}
	return in, out
}

func TestNothingButSourceGoesIntoTheImage(t *testing.T) {
	in, _ := dockerignore(t)
	sources := stageOf(t, "source").copy
	slices.Sort(in)
	slices.Sort(sources)
	if len(sources) == 0 || !slices.Equal(in, sources) {
		t.Errorf(".dockerignore lets in %v and the Dockerfile copies %v", in, sources)
	}
	for _, name := range sources {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(read(t, ".gitignore"), "/.env\n") {
		t.Error("git would take .env")
	}
}

// built does what a stage of the Dockerfile does: its go build line, on the
// files that are copied and no others. It returns the program.
func built(t *testing.T, name, program string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds " + program)
	}
	dir := t.TempDir()
	for _, name := range stageOf(t, "source").copy {
		copyInto(t, dir, name)
	}
	to := filepath.Join(dir, "out", program)
	told := stageOf(t, name).build
	line := strings.Replace(told, " /out/"+program+" ", " "+to+" ", 1)
	if line == told {
		t.Fatalf("the program goes elsewhere: %s", told)
	}
	build := exec.CommandContext(t.Context(), "sh", "-ec", line)
	build.Dir = dir
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH, "GOFLAGS=-mod=readonly", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	f, err := elf.Open(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Errorf("%s needs a dynamic linker, and there is none in the image", program)
	}
	return to
}

func TestTheImagesHoldNothingElse(t *testing.T) {
	for _, name := range []string{"", "s3"} {
		if base := stageOf(t, name).base; base != "scratch" {
			t.Errorf("%q runs on %s", name, base)
		}
	}
}

func TestTheImagesProgramRuns(t *testing.T) {
	program := built(t, "build", "broker")
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env, cmd.Dir = []string{}, "/"
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("--help"); err != nil || !strings.Contains(out, "Usage: broker") {
		t.Errorf("broker --help: %v\n%s", err, out)
	}
	if out, err := run("keys", "token"); err != nil || !strings.HasPrefix(out, "BROKER_TOKEN_KEYS=") {
		t.Errorf("broker keys token: %v\n%s", err, out)
	}
	if out, err := run("serve"); err == nil || !strings.Contains(out, "BROKER_BUCKET: is required\nBROKER_TOKEN_KEYS: is required") {
		t.Errorf("broker serve without settings: %v\n%s", err, out)
	}
	modules, err := exec.CommandContext(t.Context(), "go", "version", "-m", program).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	for _, stranger := range []string{"versitygw", "miniredis", root} {
		if strings.Contains(string(modules), stranger) {
			t.Errorf("the program names %s", stranger)
		}
	}
}

// copyInto copies a file or folder of the repository as Docker does, without
// what .dockerignore names.
func copyInto(t *testing.T, dir, name string) {
	t.Helper()
	_, out := dockerignore(t)
	err := filepath.WalkDir(filepath.Join(root, name), func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(out, filepath.ToSlash(rel)):
			return filepath.SkipDir
		case entry.IsDir(), strings.HasSuffix(rel, "_test.go") && slices.Contains(out, "**/*_test.go"):
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}
