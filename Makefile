# executord: `make demo` builds and shows it at work, `make demo-skills` shows its skills, `make test` builds and runs every test.

CHECK_IMPORTS = --explicit-target-dependency-import-check error
RELEASE = -c release --static-swift-stdlib $(CHECK_IMPORTS)
BIN = .build/release

# Where `make install` puts things; DESTDIR goes before every path, for those who make packages.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
export PREFIX DESTDIR SYSCONFDIR

.PHONY: all build demo demo-skills test test-harness lint benchmarks hostile fuzz sanitize clean setup setup-tests install uninstall test-install

all: build

setup:
	@scripts/setup-debian

setup-tests:
	@scripts/setup-debian --with-tests

build: setup
	swift build $(RELEASE)

demo: build
	@scripts/demo $(BIN)

# From an empty library to skills that proved themselves, or did not; under ten minutes on two cores.
demo-skills: build
	@scripts/demo-skills $(BIN)

# The release programs, too: end-to-end tests drive what people run.
test: setup-tests
	swift build $(RELEASE)
	swift build --build-tests $(CHECK_IMPORTS)
	scripts/test

# Harbor, Inspect, MCP, ACP and others on the release programs; status 77 (make's own is 2) when packages cannot be had.
# CHECKS: some of harbor inspect mcp acp mini-swe view client examples.
test-harness: build
	@Tests/harness/run $(CHECKS)

lint:
	@scripts/lint

# Builds nothing, so that root need not: `make && sudo make install`.
install:
	@scripts/install $(BIN)

uninstall:
	@scripts/install $(BIN) --uninstall

test-install: build setup-tests
	@scripts/test-install $(BIN)

benchmarks: build setup-tests
	@benchmarks/run $(BIN)

# BATTERY: the folder of a hostile-code battery. Needs root; SETTINGS and OPTIONS as scripts/hostile says.
BATTERY ?= ../shared/hostile
SETTINGS = default root user alone
hostile: build
	@for setting in $(SETTINGS); do scripts/hostile $(BATTERY) $(BIN) $$setting $(OPTIONS) || exit 1; done

# The decoders of untrusted bytes, each for SECONDS; TARGETS as scripts/fuzz says.
SECONDS ?= 60
fuzz: setup-tests
	@scripts/fuzz $(SECONDS) $(TARGETS)

# The tests that need no sandbox, under AddressSanitizer and ThreadSanitizer.
sanitize: setup-tests
	@scripts/sanitize $(SANITIZERS)

clean:
	rm -rf .build
