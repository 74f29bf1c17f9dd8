SWIFT ?= swift
PYTHON ?= python3

swift_code := $(wildcard Package.swift Sources Tests Examples Benchmarks)
ostinato := $(SWIFT) run --configuration release --skip-build ostinato
digits := Examples/Data/digits

zoo_venv := $(HOME)/.cache/ostinato/zoo/venv
OSTINATO_PYTHON ?= $(zoo_venv)/bin/python

# Homebrew keeps OpenBLAS away from where pkg-config looks, because macOS has a BLAS of its own.
ifeq ($(shell uname -s),Darwin)
  export PKG_CONFIG_PATH := $(shell brew --prefix openblas 2>/dev/null)/lib/pkgconfig:$(PKG_CONFIG_PATH)
endif

.PHONY: help setup demo test fuzz fuzz-graphs sanitize soak bench bench-kernels bench-peers bench-others lint format fixtures layers zoo consumer

help:                 ## this list
	@sed -n 's/^\([a-z-]*\): .*## */make \1\t/p' Makefile

setup:                ## install the C libraries that are missing
	@scripts/setup

demo: setup           ## recognise nine handwritten digits
	$(SWIFT) build --configuration release --product ostinato
	$(ostinato) summary $(digits).keras
	$(ostinato) predict $(digits).keras --input $(digits).npy --show

test: setup           ## run all tests
	$(SWIFT) test

fuzz: setup           ## damage files until something breaks: SECONDS_EACH=60 EXERCISES="config zip"
	SECONDS_EACH=$(or $(SECONDS_EACH),60) Tools/fuzz/run $(EXERCISES)

sanitize: setup       ## run the tests under address, undefined behaviour and thread sanitizers, and valgrind
	scripts/sanitize $(CHECKS)

soak: setup           ## load the library for ten minutes, and fail on any difference or growth: DURATION=600
# glibc gives each thread an arena of its own, which keeps what other threads freed: that is no growth of ours.
	MALLOC_ARENA_MAX=2 $(SWIFT) run --configuration release ostinato-soak load --seconds $(or $(DURATION),600)
	$(SWIFT) run --configuration release --skip-build ostinato-soak fork
	$(SWIFT) run --configuration release --skip-build ostinato-soak memory
	$(SWIFT) run --configuration release --skip-build ostinato-soak blas
	$(SWIFT) run --configuration release --skip-build ostinato-soak properties

bench: setup          ## measure the models of the examples
	$(SWIFT) run --package-path Benchmarks --configuration release ostinato-bench

bench-kernels: setup  ## measure the kernels alone, as Documentation/Kernels.md shows them
	$(SWIFT) run --configuration release ostinato-kernel-bench

bench-peers: setup    ## measure beside ONNX Runtime, OpenVINO, LiteRT and TensorFlow; writes Benchmarks/RESULTS.md
	Benchmarks/Peers/run --write

bench-others: setup   ## the same for other models; writes Benchmarks/OTHERS.md
	Benchmarks/Peers/run --others --write

lint: setup           ## check style and what must not be committed
	$(SWIFT) format lint --strict --recursive $(swift_code)
	scripts/check

format:               ## format all Swift code
	$(SWIFT) format --in-place --recursive $(swift_code)

consumer: setup       ## build and run a package that depends on this one
	scripts/consumer

layers:               ## write Documentation/Layers.md anew
	OSTINATO_WRITE_PAGES=1 $(SWIFT) test --filter LayerCoverageTests

fixtures:             ## make the test fixtures anew, with the Keras of Tools/fixtures/requirements.txt
	$(PYTHON) Tools/fixtures/generate.py

zoo: setup $(OSTINATO_PYTHON) ## compare with Keras on published models
	$(SWIFT) build --configuration release --product ostinato
	OSTINATO="$$($(SWIFT) build --configuration release --show-bin-path)/ostinato" $(OSTINATO_PYTHON) Tools/zoo/zoo.py $(MODELS)

fuzz-graphs: setup $(OSTINATO_PYTHON) ## compare with Keras on random models, COUNT of them from SEED on
	$(SWIFT) build --configuration release --product ostinato
	OSTINATO="$$($(SWIFT) build --configuration release --show-bin-path)/ostinato" $(OSTINATO_PYTHON) Tools/fuzz/graphs.py --seed $(or $(SEED),0) --count $(or $(COUNT),100)

$(zoo_venv)/bin/python: Tools/fixtures/requirements.txt
	$(PYTHON) -m venv $(zoo_venv)
	$(zoo_venv)/bin/pip install --quiet --requirement $<
	touch $@
