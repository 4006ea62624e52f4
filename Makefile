# The two commands that a fresh machine with Go needs: make demo, make test.

GO       ?= go
BIN      := bin/cordon
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
PACKAGES := ./...

.PHONY: build demo test race clients lint bench postgres clean

build: ## the one binary
	@test -e $(BIN) || echo "Building cordon. The first time takes 3 to 5 minutes on two cores, because every module is compiled, SQLite among them; afterwards it takes seconds."
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/cordon

demo: build ## watch Cordon contain a simulated attack
	$(BIN) demo

test: lint race clients ## everything that CI runs

postgres: ## the server that the store's tests start, where apt can bring it
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
	{ test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || \
	echo "PostgreSQL cannot be installed here: its tests are skipped"

# SQLite is C that was translated: watched by the race detector it takes three
# times as long as all the rest, and its own locks are not ours to check.
race: build postgres ## all tests, with the race detector where cgo can be had
	$(GO) vet $(PACKAGES)
	@if command -v "$$($(GO) env CC)" >/dev/null; then \
		CGO_ENABLED=1 $(GO) test -race -gcflags='modernc.org/...=-race=false' -timeout 60m $(PACKAGES); \
	else echo "no C compiler: tests run without the race detector"; $(GO) test -timeout 60m $(PACKAGES); fi

# Their modules are many and large: compiling them takes minutes and 5 GB of
# memory once. The test cache does not know the binary, hence -count=1.
clients: build ## Microsoft's SDKs and Python against the simulator, where the SDKs can be had
	@cd test/clients && \
	if why=$$($$(command -v timeout >/dev/null && echo timeout 180) $(GO) mod download 2>&1); then \
		CORDON="$(CURDIR)/$(BIN)" $(GO) test -p 1 -count=1 -timeout 30m; \
	else echo "the modules of test/clients cannot be had here: $$(echo "$${why:-the time is up}" | tail -1)"; fi

lint: ## golangci-lint, built from its own module
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt -w on these"; exit 1; }
	$(GO) tool -modfile=tools/go.mod golangci-lint run

bench: build ## ratios against the floor, in one run
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 20m ./internal/app

clean:
	rm -rf bin
