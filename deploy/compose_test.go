// Package deploy tests what runs Slipway in containers: docker-compose.yml and
// the Dockerfile. There is no Docker engine in the tests, so the files are read
// as Docker reads them, and what the image is built from is built without it.
package deploy

import (
	"context"
	"encoding/base64"
	"maps"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"slipway/internal/app"
	"slipway/internal/devs3"
)

func TestMain(m *testing.M) {
	devs3.RunChild()
	os.Exit(m.Run())
}

// root is the repository.
var root = func() string {
	dir, err := filepath.Abs("..")
	if err != nil {
		panic(err)
	}
	return dir
}()

// dotEnv is what .env.example's commands put into .env.
func dotEnv() types.Mapping {
	return types.Mapping{
		"BROKER_TOKEN_KEYS": base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"BROKER_API_KEYS":   "demo:grants:" + strings.Repeat("0a", 32),
		"S3_ACCESS_KEY":     "an-access-key", "S3_SECRET_KEY": "a-secret-key",
	}
}

func load(ctx context.Context, env types.Mapping) (*types.Project, error) {
	return loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir: root, Environment: env, ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(root, "docker-compose.yml")}},
	}, func(o *loader.Options) { o.SetProjectName("slipway", true) })
}

func project(t *testing.T) *types.Project {
	t.Helper()
	p, err := load(t.Context(), dotEnv())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func service(t *testing.T, name string) types.ServiceConfig {
	t.Helper()
	s, err := project(t).GetService(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// variables are those of a container, all of them set.
func variables(t *testing.T, s types.ServiceConfig) map[string]string {
	t.Helper()
	env := map[string]string{}
	for name, value := range s.Environment {
		if value == nil {
			t.Errorf("%s: %s has no value of its own", s.Name, name)
			continue
		}
		env[name] = *value
	}
	return env
}

func TestComposeRefusesToStartWithoutASecret(t *testing.T) {
	for name := range dotEnv() {
		for _, empty := range []bool{false, true} {
			env := dotEnv()
			delete(env, name)
			if empty {
				env[name] = ""
			}
			_, err := load(t.Context(), env)
			if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "is not in .env; ") {
				t.Errorf("without %s: %v", name, err)
			}
		}
	}
}

func TestTheExampleEnvHoldsNoSecret(t *testing.T) {
	example, err := os.ReadFile(filepath.Join(root, ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := dotenv.Parse(strings.NewReader(string(example)))
	if err != nil || len(set) != 0 {
		t.Errorf("it sets %v, %v", slices.Collect(maps.Keys(set)), err)
	}
	for name := range dotEnv() {
		if !strings.Contains(string(example), name) && !strings.Contains(string(example), "keys token >> .env") {
			t.Errorf("it does not say how to make %s", name)
		}
	}
}

func TestPortsAreOnLoopbackOnly(t *testing.T) {
	published := 0
	for name, s := range project(t).Services {
		if s.NetworkMode == "host" {
			t.Errorf("%s is in the host's network", name)
		}
		for _, port := range s.Ports {
			published++
			if ip := net.ParseIP(port.HostIP); ip == nil || !ip.IsLoopback() {
				t.Errorf("%s publishes port %s on %q", name, port.Published, port.HostIP)
			}
		}
	}
	if published != 2 {
		t.Errorf("%d ports are published, want the broker's and S3's", published)
	}
}

func TestImagesArePinned(t *testing.T) {
	images := map[string]string{}
	for name, s := range project(t).Services {
		if s.Build == nil {
			images[name] = s.Image
		}
	}
	var stages []string
	for _, s := range dockerfile(t) {
		if !slices.Contains(stages, s.base) { // or it is another stage
			images["Dockerfile, stage "+s.name] = s.base
		}
		stages = append(stages, s.name)
	}
	for where, image := range images {
		if image != "scratch" && !regexp.MustCompile(`:v?\d+\.\d+[^:]*$`).MatchString(image) {
			t.Errorf("%s: %q is not pinned to a version", where, image)
		}
	}
}

func TestOurProgramsRunWithoutPrivileges(t *testing.T) {
	for name, target := range map[string]string{"broker": "", "s3": "s3"} {
		s := service(t, name)
		if s.Build == nil || s.Build.Target != target {
			t.Errorf("%s is built from %+v", name, s.Build)
		}
		for where, user := range map[string]string{"docker-compose.yml": s.User, "Dockerfile": stageOf(t, target).user} {
			if !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user) {
				t.Errorf("%s runs %s as %q, want numbers that are not root's", where, name, user)
			}
		}
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.CapAdd) > 0 || s.Privileged || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s: read-only %t, dropped %v, added %v, privileged %t, %v", name, s.ReadOnly, s.CapDrop, s.CapAdd, s.Privileged, s.SecurityOpt)
		}
	}
}

func TestRedisKeepsWhatItIsGiven(t *testing.T) {
	s := service(t, "redis")
	command := strings.Join(s.Command, " ")
	for _, want := range []string{"--appendonly yes", "--maxmemory-policy noeviction"} {
		if !strings.Contains(command, want) {
			t.Errorf("no %s in %q", want, command)
		}
	}
	onVolume(t, s, "/data")
}

func TestS3KeepsWhatItIsGiven(t *testing.T) {
	onVolume(t, service(t, "s3"), stageOf(t, "s3").env["S3_DATA"])
}

func onVolume(t *testing.T, s types.ServiceConfig, dir string) {
	t.Helper()
	if len(s.Volumes) != 1 || s.Volumes[0].Type != types.VolumeTypeVolume || s.Volumes[0].Target != dir || s.Volumes[0].Source == "" {
		t.Errorf("%s: %s is not on a volume with a name: %+v", s.Name, dir, s.Volumes)
	}
}

func TestTheBrokerWaitsForItsNeighbours(t *testing.T) {
	for name, dependencies := range map[string]types.DependsOnConfig{
		"broker": {"redis": {Condition: types.ServiceConditionHealthy, Required: true}, "bucket": {Condition: types.ServiceConditionCompletedSuccessfully, Required: true}},
		"bucket": {"s3": {Condition: types.ServiceConditionHealthy, Required: true}},
	} {
		if got := service(t, name).DependsOn; !reflect.DeepEqual(got, dependencies) {
			t.Errorf("%s waits for %v, want %v", name, got, dependencies)
		}
		for neighbour, d := range dependencies {
			if d.Condition == types.ServiceConditionHealthy && service(t, neighbour).HealthCheck == nil {
				t.Errorf("%s has no health check and is never healthy", neighbour)
			}
		}
	}
}

// brokerSettings are the settings the container gets, read as the broker does.
func brokerSettings(t *testing.T) app.Settings {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "BROKER_") {
			t.Setenv(name, "") // which puts it back in the end
			os.Unsetenv(name)
		}
	}
	for name, value := range variables(t, service(t, "broker")) {
		if strings.HasPrefix(name, "BROKER_") {
			t.Setenv(name, value)
		}
	}
	var s app.Settings
	var m app.Mistakes
	parser, err := kong.New(&s, m.Mappers()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	if err := m.Resolve(&s); err != nil {
		t.Fatalf("the broker would not start:\n%v", err)
	}
	return s
}

// settingsOf lists the variables of a struct of settings, and of those inside.
func settingsOf(t reflect.Type) (names []string) {
	for field := range t.Fields() {
		if env := field.Tag.Get("env"); env != "" {
			names = append(names, env)
		} else {
			names = append(names, settingsOf(field.Type)...)
		}
	}
	return names
}

func TestTheBrokerTakesItsSettings(t *testing.T) {
	s := brokerSettings(t)
	broker, server := service(t, "broker"), service(t, "s3")

	known := settingsOf(reflect.TypeFor[app.Settings]())
	names := slices.Collect(maps.Keys(variables(t, broker)))
	for name := range stageOf(t, "").env {
		names = append(names, name)
	}
	for _, name := range names {
		if strings.HasPrefix(name, "BROKER_") && !slices.Contains(known, name) {
			t.Errorf("%s is no setting", name)
		}
	}

	_, port, _ := net.SplitHostPort(s.Listen)
	if p := broker.Ports[0]; port != "8080" || p.Target != 8080 || s.PublicURL != "http://"+net.JoinHostPort(p.HostIP, p.Published) {
		t.Errorf("it listens on %s, is published as %+v and calls itself %s", s.Listen, p, s.PublicURL)
	}
	if p := server.Ports[0]; s.S3.PublicEndpoint != "http://"+net.JoinHostPort(p.HostIP, p.Published) || p.Target != 7070 {
		t.Errorf("browsers are sent to %s and S3 is published as %+v", s.S3.PublicEndpoint, p)
	}
	s3Env := variables(t, server)
	if s.S3.Endpoint != "http://s3"+s3Env["S3_LISTEN"] || s.S3.Endpoint == s.S3.PublicEndpoint || !s.S3.PathStyle || s.S3.Region != s3Env["S3_REGION"] || s.S3.Bucket != s3Env["S3_BUCKET"] {
		t.Errorf("S3 is %+v and is %+v", s.S3, s3Env)
	}
	if env := variables(t, broker); env["AWS_ACCESS_KEY_ID"] != s3Env["S3_ACCESS_KEY"] || env["AWS_SECRET_ACCESS_KEY"] != s3Env["S3_SECRET_KEY"] {
		t.Error("the broker's keys are not those of the S3 server")
	}
	if s.RedisURL != "redis://redis:6379/0" {
		t.Errorf("Redis is %s", s.RedisURL)
	}
	if grace := time.Duration(*broker.StopGracePeriod); grace <= s.ShutdownWithin {
		t.Errorf("Docker kills after %s and the broker takes up to %s", grace, s.ShutdownWithin)
	}
}

// The broker and what prepares its bucket are told the same.
func TestTheBucketIsTheBrokers(t *testing.T) {
	s, broker := service(t, "bucket"), variables(t, service(t, "broker"))
	for name, value := range variables(t, s) {
		if broker[name] != value {
			t.Errorf("%s is %q and the broker's is %q", name, value, broker[name])
		}
	}
	if s.Restart != "" || s.Build == nil || s.Build.Target != "" {
		t.Errorf("it runs once, from the broker's image: restart is %q, built from %+v", s.Restart, s.Build)
	}
}
