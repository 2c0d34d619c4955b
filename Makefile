# Every command a developer types. `make` alone is what a change must pass.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

GO       ?= go
DATA     ?= ./data
LISTEN   ?= 127.0.0.1:8080
FUZZTIME ?= 20s
BENCH    ?= .
BENCHTIME  ?= 1s
BENCHLIMIT ?= 60m
TESTLIMIT  ?= 15m

# golangci-lint is not a dependency of the program: it is fetched and built, at
# this version, by the first `make lint` and kept in Go's own cache.
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: all run test lint fmt vet bench fuzz cover golden tidy clean assets pictures

all: lint test

# run starts the register with the real programme of 2021-22 in it. The first
# line it prints is the address; the first start also prints the first sign-in.
run:
	@mkdir -p build
	@$(GO) build -o build/ ./cmd/tavoli ./cmd/tavoli-verify
	@exec build/tavoli serve --demo --data $(DATA) --listen $(LISTEN)

# test runs everything, with the race detector.
test: vet
	$(GO) test -race -timeout $(TESTLIMIT) ./...

# lint is gofmt, go vet and golangci-lint with the rules in .ci/golangci.yml.
lint: fmt vet
	$(GO) run $(GOLANGCI) run --config .ci/golangci.yml ./...

# fmt names the files that gofmt would change, and fails if there are any.
fmt:
	@files=$$(gofmt -l $$(find . -name '*.go' -not -path './build/*')); \
	if [ -n "$$files" ]; then echo "not formatted (gofmt -w):"; echo "$$files"; exit 1; fi

vet:
	$(GO) vet ./...

# bench runs the benchmarks, one package after the other. Each logs both sides
# of a comparison and reports their ratio; docs/performance.md says what is due.
bench:
	@dirs=$$({ grep -rlE '^func Benchmark' --include='*_test.go' . || true; } | xargs -r -n1 dirname | sort -u); \
	failed=; \
	for dir in $$dirs; do \
		$(GO) test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -timeout $(BENCHLIMIT) $$dir || failed="$$failed $$dir"; \
	done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

# fuzz runs every fuzz target for FUZZTIME. go test takes one target at a time.
fuzz:
	@dirs=$$({ grep -rlE '^func Fuzz' --include='*_test.go' . || true; } | xargs -r -n1 dirname | sort -u); \
	for dir in $$dirs; do \
		for target in $$($(GO) test -list '^Fuzz' $$dir | { grep '^Fuzz' || true; }); do \
			echo "$$dir $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$dir; \
		done; \
	done

# cover says how much of each package the tests of all packages reach.
cover:
	@mkdir -p build
	$(GO) test -timeout $(TESTLIMIT) -coverpkg=./... -coverprofile=build/cover.out ./...
	$(GO) tool cover -func=build/cover.out | tail -1
	@echo "by line: $(GO) tool cover -html=build/cover.out"

# golden rewrites the golden files of the packages that have some. Look at the
# diff afterwards: a line of domain/testdata/events.golden must never change.
golden:
	@dirs=$$({ grep -rlE 'flag\.Bool\("update"' --include='*_test.go' . || true; } | xargs -r -n1 dirname | sort -u); \
	for dir in $$dirs; do $(GO) test $$dir -update; done; \
	git --no-pager diff --stat -- '*testdata*'

# assets makes the vendored style, icons and fonts of the pages anew, with npm.
assets:
	node adapters/pages/assets/source/build.mjs

# pictures takes those of the guides in docs/immagini anew, with Chromium.
pictures:
	$(GO) test ./tests/browser -count 1 -pictures

tidy:
	$(GO) mod tidy
	$(GO) mod verify

clean:
	rm -rf build
