# What a newcomer types: `make demo`, `make test`. What a packager types: `make build`, `make install DESTDIR=… PREFIX=/usr`.

PREFIX ?= /usr/local
DESTDIR ?=
CARGO ?= cargo
INSTALL ?= install

# A target folder of its own: benches and tests build the crates once more with their own features, and never reach what is installed.
PACKAGE := target/package
BINARY := $(PACKAGE)/release/alecs-cache
SOURCES := Cargo.toml Cargo.lock $(shell find src -name '*.rs')
# Panic messages name source files: without the folders of whoever built it.
# The library's own are below the toolchain where that has its sources (rust-src).
REMAP = --remap-path-prefix=$(CURDIR)=alecs-cache --remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)=cargo \
  --remap-path-prefix=$(shell rustc --print sysroot)=rust

MUSL := $(shell uname -m)-unknown-linux-musl

BINDIR := $(DESTDIR)$(PREFIX)/bin
MANDIR := $(DESTDIR)$(PREFIX)/share/man/man1
BASHDIR := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHDIR := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISHDIR := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

.PHONY: help build static test fuzz bench bench-quick simulate lint deny demo pictures valkey install deb uninstall clean

help: ## what can be made (this list)
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

build: $(BINARY) ## the release binary

# A rule with a file of its own, so that `sudo make install` after `make build` needs no cargo.
$(BINARY): $(SOURCES)
	@echo "building the release binary (a few minutes the first time) …"
	RUSTFLAGS="$(REMAP) $(RUSTFLAGS)" $(CARGO) build --quiet --release --locked --bin alecs-cache --target-dir $(PACKAGE)
	@touch $@

static: ## a binary that needs no C library (rustup target add x86_64-unknown-linux-musl; Debian's musl-tools)
	CC_$(subst -,_,$(MUSL))=musl-gcc RUSTFLAGS="$(REMAP) $(RUSTFLAGS)" \
	  $(CARGO) build --quiet --release --locked --bin alecs-cache --target $(MUSL) --target-dir $(PACKAGE)
	@ls -l $(PACKAGE)/$(MUSL)/release/alecs-cache

valkey: ## a Valkey server for the demo and the tests; prints where it is
	@tests/servers/provide valkey

# They wait for servers most of the time: more at once than there are cores.
export RUST_TEST_THREADS ?= $(shell echo $$(($$(nproc) * 2)))

test: ## all tests, against servers of their own
	@server=$$(tests/servers/provide all) && \
	  echo "cargo test --locked" && ALECS_CACHE_TEST_VALKEY="$$server" $(CARGO) test --locked

# As many cases of each property as are asked for; a part of them where a case takes long.
CASES ?= 20000

fuzz: ## the same properties as in the tests, with CASES (20000) instead of 256 of each (about half an hour)
	@server=$$(tests/servers/provide all) && export ALECS_CACHE_TEST_VALKEY="$$server" PROPTEST_CASES=$(CASES) && \
	  $(CARGO) test --locked --lib && $(CARGO) test --locked --test it fuzz::

bench: ## what it costs: times, memory and ratios, each beside its goal (about ten minutes)
	@server=$$(tests/servers/provide all) && \
	  ALECS_CACHE_TEST_VALKEY="$$server" $(CARGO) bench --locked --bench figures

bench-quick: ## the same, smaller and once (under two minutes)
	@server=$$(tests/servers/provide all) && \
	  ALECS_CACHE_TEST_VALKEY="$$server" $(CARGO) bench --locked --bench figures -- --quick

simulate: ## a day of an account of 10,000 properties, kept warm: calls, and what was missing when (about half an hour)
	@server=$$(tests/servers/provide valkey) && \
	  ALECS_CACHE_TEST_VALKEY="$$server" ALECS_CACHE_SIMULATION=10000,200,24 \
	  $(CARGO) test --locked --profile simulate --test it warm_simulation -- --nocapture --test-threads 1

lint: ## formatting and clippy; a warning is an error
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings

deny: ## licences, sources, duplicates and advisories of the dependencies (needs cargo-deny; advisories need the network)
	$(CARGO) deny --locked check licenses bans sources
	$(CARGO) deny --locked check advisories

demo: ## a recorded account, a private Valkey: warm, read, invalidate, undo (installs nothing)
	@echo "building (a minute or two the first time) …"
	@$(CARGO) build --quiet --locked
	@examples/demo.sh target/debug/alecs-cache

pictures: $(BINARY) ## draw the screens of docs/pictures anew
	@python3 docs/pictures/render.py $(BINARY) "$$(tests/servers/provide valkey)"

install: $(BINARY) ## the binary, its man pages and completions under PREFIX (/usr/local)
	$(INSTALL) -d $(BINDIR) $(MANDIR) $(BASHDIR) $(ZSHDIR) $(FISHDIR)
	$(INSTALL) -m 755 $(BINARY) $(BINDIR)/alecs-cache
	$(INSTALL) -m 644 man/*.1 $(MANDIR)/
	$(INSTALL) -m 644 completions/alecs-cache.bash $(BASHDIR)/alecs-cache
	$(INSTALL) -m 644 completions/_alecs-cache $(ZSHDIR)/_alecs-cache
	$(INSTALL) -m 644 completions/alecs-cache.fish $(FISHDIR)/alecs-cache.fish

deb: $(BINARY) ## a package of Debian, with the same files as install PREFIX=/usr (needs cargo-deb)
	CARGO_TARGET_DIR=$(PACKAGE) $(CARGO) deb --no-build --no-strip

uninstall: ## what install put there
	rm -f $(BINDIR)/alecs-cache $(BASHDIR)/alecs-cache $(ZSHDIR)/_alecs-cache $(FISHDIR)/alecs-cache.fish
	rm -f $(addprefix $(MANDIR)/,$(notdir $(wildcard man/*.1)))

clean: ## everything that was built or provided here
	$(CARGO) clean
	rm -rf target
