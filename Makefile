# A thin front for CMake and the `ersatz` command.
#
#   make reproduce              every experiment, profile mini
#   make reproduce-mnist        one experiment;  PROFILE=reduced|paper|...  ARGS='-o key=value'
#   make check-mnist            gates of its committed results;  make check: of all
#   make test                   build and run the fast tests;  make test-slow: all of them
#   make bench-sd               Stable Diffusion's speed (kernels, layers, networks) and memory
#   make train-mini-sd          trains recipe `recipe` (hours on 2 cores) into assets/mini-sd, in place of the committed model
#   make install                 programs, modules, manual page;  PREFIX=/usr/local DESTDIR=
#   make deps build bench report data-<id> format lint clean

PROFILE ?= mini
ARGS ?=
BUILD ?= build
PRESET ?= release
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
EXPERIMENTS := $(notdir $(patsubst %/experiment.toml,%,$(wildcard experiments/*/experiment.toml)))
ERSATZ := $(BUILD)/bin/ersatz

.PHONY: all deps configure build test test-slow bench bench-sd reproduce train-mini-sd check report install format lint clean help
all: build

help:
	@sed -n '2,13s/^# \{0,1\}//p' Makefile

deps:
	@scripts/install_deps.sh

configure: deps
	@[ -f $(BUILD)/build.ninja ] || cmake --preset $(PRESET) -B $(BUILD)

build: configure
	@cmake --build $(BUILD) -j $(JOBS)

test: build
	@scripts/run_tests.sh $(BUILD) fast

test-slow: build
	@scripts/run_tests.sh $(BUILD) all

bench: build
	@scripts/run_benchmarks.sh $(BUILD)

bench-sd: build
	@PROGRAMS='kernel_bench sd_bench sd_networks_bench generate_memory_bench' scripts/run_benchmarks.sh $(BUILD)

reproduce: build
	@scripts/reproduce_all.sh $(ERSATZ) "$(PROFILE)" "$(EXPERIMENTS)" $(ARGS)

reproduce-%: build
	@$(ERSATZ) run $* --profile $(PROFILE) $(ARGS)

train-mini-sd: build
	@$(ERSATZ) train mini-sd --out assets/mini-sd $(ARGS)

data-%: build
	@$(ERSATZ) fetch $* $(ARGS)

check: build
	@$(ERSATZ) check $(ARGS)

check-%: build
	@$(ERSATZ) check $* $(ARGS)

report: build
	@$(ERSATZ) report $(ARGS)

install: build
	@cmake --install $(BUILD) --prefix "$(PREFIX)"

format:
	@git ls-files '*.cpp' '*.h' | xargs clang-format -i

lint: configure
	@git ls-files '*.cpp' '*.h' | xargs clang-format --dry-run --Werror
	@git ls-files 'src/*.cpp' 'experiments/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy -p $(BUILD) --quiet

clean:
	@rm -rf $(BUILD)
