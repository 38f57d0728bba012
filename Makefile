# Slipway. `make test` is all a fresh Debian machine with Go and Node needs.
# Each suite has a budget; together they stay under 20 minutes on 2 cores.

.PHONY: test check neighbours lint js go sim sim-mutants chaos browser soak bench golden fmt
.DELETE_ON_ERROR:

export SLIPWAY_REQUIRE_NEIGHBOURS = 1

test: neighbours lint               ## everything, neighbours and all; of chaos one round
	$(MAKE) --no-print-directory -j3 -Otarget CHAOS_FOR=1s js sim chaos # only one of them computes
	$(MAKE) --no-print-directory go browser
check: lint js go                   ## everything but the browsers

neighbours:            # redis-server, chromium, firefox-esr, ffmpeg, mkvtoolnix
	timeout 5m scripts/neighbours

# The long budgets are for a machine whose Go cache is empty.
lint:                  # 5 min
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run: make fmt"; exit 1; }
	timeout 4m go vet ./...
	timeout 4m go tool staticcheck ./...

js: web/node_modules   # 3 min
	cd web && timeout 2m npm run --silent check
	cd web && timeout 4m npm test --silent

go:                    # 8 min
	timeout 9m go test -race ./...

# SIM_FOR=10m plays schedules nobody has seen for so long; SIM_SEED=7 plays one and prints its trace.
sim:                   # 3 min
	SIM_SCHEDULES=24000 timeout $(if $(SIM_FOR),0,3m) go test -count=1 -timeout 0 -v -run 'TestSchedules$$' ./internal/session/sim

sim-mutants:           # plants bugs that the simulation has to find
	timeout 20m scripts/sim-mutants

# Rounds of 100 recordings, and 30 over a Cluster, as many as fit into CHAOS_FOR; CHAOS_SEED=7 begins with that one.
CHAOS_FOR ?= 10m
chaos:                 # 3 min a round
	CHAOS_FOR=$(CHAOS_FOR) go test -count=1 -timeout 0 -v -run TestChaos ./e2e/chaos

browser: e2e/node_modules # 7 min
	cd e2e && timeout 10m npm test --silent

# What takes too long for `make test`. It is root's: the slow line needs a network namespace (see bench/link).
soak: neighbours e2e/node_modules # 1 h
	cd e2e && timeout 90m node --test --test-concurrency=1 --test-timeout=2700000 soak/*.test.js

# Measures beside the peers, into docs/benchmarks; with BENCH_QUICK=1 in 8 min, to try it, into bin/bench/results. A peer
# that cannot be installed is named in the results. The first time tusd is compiled, which takes a while. What browsers do
# over a slow line needs root (see bench/link).
bench:                 # 1 h
	rm -rf bin/bench && mkdir -p bin/bench
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/bench/broker ./cmd/broker
	go build -o bin/bench/bench ./bench
	-cd bench/peers/tusd && go build -o ../../../bin/bench/tusd github.com/tus/tusd/v2/cmd/tusd
	-$(MAKE) --no-print-directory -k e2e/node_modules bench/peers/node_modules bench/peers/uppy5/node_modules bench/peers/uppy6/node_modules
	bin/bench/bench $(if $(BENCH_QUICK),-quick,-out docs/benchmarks)

golden:                # rewrites what others read byte by byte; review the difference
	UPDATE_GOLDEN=1 go test ./internal/presign

fmt:
	gofmt -w $$(git ls-files '*.go')

%/node_modules: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund --silent
	touch $@
