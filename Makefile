# Slipway. `make test` is all a fresh Debian machine with Go and Node needs.
# Each suite has a budget; together they stay under 25 minutes on 2 cores.

.PHONY: test check more neighbours packages build lint js go race sim sim-mutants chaos generators uppy uppy-beside browser long elsewhere providers apps webkit soak bench bench-checksums bench-camera golden fmt docs
.DELETE_ON_ERROR:

export SLIPWAY_REQUIRE_NEIGHBOURS = 1
# All suites share one build, with the flags of the Dockerfile; the race detector alone needs another.
export CGO_ENABLED = 0
export GOFLAGS = -trimpath

test:                               ## what decides whether a change lands
	$(MAKE) --no-print-directory -j3 -Otarget neighbours packages build # two wait for the network, one computes
	$(MAKE) --no-print-directory -j2 -Otarget js generators
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory go
	$(MAKE) --no-print-directory -j2 -Otarget browser elsewhere
check: lint js go race              ## everything but the browsers
more: race sim chaos uppy long ## what takes too long for `make test` on a slow machine; before a release

neighbours:            # redis-server, chromium, firefox-esr, ffmpeg, mkvtoolnix, Ceph
	timeout 8m scripts/neighbours

packages: web/node_modules e2e/node_modules e2e/generators/node_modules

# The long budgets are for a machine whose Go cache is empty.
build:                 # 4 min
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run: make fmt"; exit 1; }
	timeout 10m go build ./...

lint: build            # 4 min
	timeout 7m go vet ./...
	timeout 7m go tool staticcheck ./...

js: web/node_modules   # 3 min
	cd web && timeout 2m npm run --silent check
	cd web && timeout 7m npm test --silent

# Without symbols the tests are linked in half the time.
go:                    # 6 min
	timeout 15m go test -ldflags='-s -w' -p 2 ./...

# With the race detector, for which all that is linked in is compiled again.
race:                  # 9 min
	CGO_ENABLED=1 timeout 25m go test -race -vet=off -ldflags='-s -w' -p 2 -exec 'env CGO_ENABLED=0' ./...

# SIM_FOR=10m plays schedules nobody has seen for so long; SIM_SEED=7 plays one and prints its trace.
sim:                   # 3 min
	SIM_SCHEDULES=24000 timeout $(if $(SIM_FOR),0,5m) go test -vet=off -count=1 -timeout 0 -v -run 'TestSchedules$$' ./internal/session/sim

sim-mutants:           # plants bugs that the simulation has to find
	timeout 20m scripts/sim-mutants

# Rounds of 100 recordings, and 30 over a Cluster, as many as fit into CHAOS_FOR; CHAOS_SEED=7 begins with that one.
CHAOS_FOR ?= 10m
chaos:                 # 4 min a round
	CHAOS_FOR=$(CHAOS_FOR) go test -vet=off -count=1 -timeout 0 -v -run TestChaos ./e2e/chaos

# Clients that generators make of api/openapi.yaml.
generators: e2e/node_modules e2e/generators/node_modules # 1 min
	cd e2e/generators && timeout 7m node --test --test-timeout=300000 *.test.js

# Uppy 5 and 6 as they ship, in Chromium. UPPY_MIB=200 for a larger file than 12 MiB.
uppy: e2e/node_modules e2e/uppy/v5/node_modules e2e/uppy/v6/node_modules # 1 min
	cd e2e && timeout 10m node --test --test-timeout=300000 uppy/*.test.js

# What Companion answers beside the broker, for docs/uppy.md.
uppy-beside: e2e/node_modules bench/peers/node_modules
	cd e2e && timeout 3m node uppy/beside.js

# `make long` runs those that take a core for minutes, or go by the clock: pages of other sites, the ops page, storage that
# is denied, cleared or full, brokers that restart or change, Firefox killed, other providers, 60 MB, what is sent at the stop.
LONG = any-page check-page cleared denied embed firefox-recover kit-android length ops ops-ends others quota restart rolling seek sound stubborn tail unseen vite
LONG_TESTS = $(LONG:%=%.test.js)
in_browsers = cd e2e && timeout 20m node --test --test-concurrency=2 --test-timeout=600000
browser: e2e/node_modules # 8 min
	$(in_browsers) $(filter-out $(LONG_TESTS),$(notdir $(wildcard e2e/*.test.js)))
long: e2e/node_modules # 12 min
	$(in_browsers) $(LONG_TESTS)

# An S3 server that nobody here wrote, Debian's Ceph RGW: doctor, all that befalls a recording, and one in Chromium.
elsewhere: e2e/node_modules # 2 min
	go build -o bin/providers/run ./e2e/providers
	timeout 5m bin/providers/run -only ceph -quick

# Six such servers, and ours, with what takes minutes, into docs/providers.md and internal/provider. The first time four of
# them are compiled into bin/providers, which takes a while each; two are Debian's and are installed.
providers: neighbours e2e/node_modules # 1 h
	go build -o bin/providers/run ./e2e/providers
	timeout 3h bin/providers/run -write $(if $(ONLY),-only $(ONLY))
	go run ./e2e/providers -page

# Applications built by webpack, Rollup, esbuild and Next.js, which is 370 MB of packages: each records in Chromium.
apps: e2e/node_modules e2e/apps/node_modules # 3 min
	cd e2e && timeout 15m node --test --test-timeout=600000 apps/*.test.js

# A third engine, Debian's WebKitGTK.
webkit: neighbours e2e/node_modules # 3 min
	timeout 8m scripts/webkit
	cd e2e && timeout 10m node --test --test-concurrency=1 --test-timeout=300000 webkit/*.test.js

# What takes too long for `make test`. It is root's: the slow line needs a network namespace (see bench/link).
soak: neighbours e2e/node_modules # 1 h
	timeout 8m scripts/webkit
	cd e2e && timeout 90m node --test --test-concurrency=1 --test-timeout=2700000 soak/*.test.js

# Measures beside the peers, into docs/benchmarks; with BENCH_QUICK=1 in 8 min, to try it, into bin/bench/results. A peer
# that cannot be installed is named in the results. The first time tusd is compiled, which takes a while. What browsers do
# over a slow line needs root (see bench/link). It records nothing where the machine's load is above 0.5, unless BENCH_BUSY=1.
bench:                 # 1 h
	rm -rf bin/bench && mkdir -p bin/bench
	go build -ldflags='-s -w' -o bin/bench/broker ./cmd/broker
	go build -o bin/bench/bench ./bench
	-cd bench/peers/tusd && go build -o ../../../bin/bench/tusd github.com/tus/tusd/v2/cmd/tusd
	-$(MAKE) --no-print-directory -k e2e/node_modules bench/peers/node_modules bench/peers/uppy5/node_modules bench/peers/uppy6/node_modules
	bin/bench/bench $(if $(BENCH_QUICK),-quick,-out docs/benchmarks) $(if $(BENCH_BUSY),-busy)

bench-checksums: e2e/node_modules # how fast Chromium hashes parts, 10 s
	cd e2e && timeout 2m node checksums.bench.js

bench-camera: e2e/node_modules # what it costs to draw the camera into the screen, 5 min
	cd e2e && timeout 10m node screen-and-camera.bench.js

golden:                # rewrites what others read byte by byte; review the difference
	UPDATE_GOLDEN=1 go test ./internal/presign

fmt:
	gofmt -w $$(git ls-files '*.go')

%/node_modules: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund --silent
	touch $@

docs:                  ## the documentation as a folder of static files, for any web server
	go run ./docs/site bin/docs
