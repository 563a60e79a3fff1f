# The whole workflow; `make help` lists it. Continuous integration runs the same targets.

PYTHON ?= python3.11
JOBS ?= 2
PYTEST_ARGS ?=

VENV := .venv
ORACLE := .oracle
ORACLE_REQUIREMENTS := tests/oracle/requirements.txt

CLUSTER_TESTS := tests/distributed tests/contracts tests/queues tests/launching tests/examples \
    tests/fuzz tests/session tests/cli/test_launch_command.py tests/cli/test_server_command.py
DEMO := build/demo
VENV_STAMP := $(VENV)/.installed
ORACLE_STAMP := $(ORACLE)/.installed
BIN := $(VENV)/bin
# One kernel thread a test process: the processes run side by side.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) $(PYTEST_ARGS)

# $(call make_environment,folder,pip arguments,stamp)
# While an environment is being filled it holds the file .unfinished. One that was interrupted there
# is made again from nothing, as pip may take a half-copied package for an installed one.
define make_environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	    { echo "tensormill needs Python 3.11 or newer, and $(PYTHON) is not: give PYTHON=..." >&2; exit 1; }
	@if [ -e $(1)/.unfinished ]; then rm -rf $(1); fi
	@mkdir -p $(1) && touch $(1)/.unfinished
	@[ -x $(1)/bin/python ] && $(1)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(1)
	$(1)/bin/python -m pip install --disable-pip-version-check --quiet $(2)
	@touch $(3) && rm -f $(1)/.unfinished
endef

# Tests start hundreds of processes, each of which would compile the whole package again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help env test test-slow test-gpu test-lanes oracle test-oracle soak bench demo docs check format clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: $(VENV_STAMP)  ## make the environment for development (.venv)

$(VENV_STAMP): pyproject.toml constraints.txt
	$(call make_environment,$(VENV),-c constraints.txt -e '.[dev]',$@)

oracle: $(ORACLE_STAMP)  ## make the environment with real TensorFlow (.oracle)

# Its pins never meet ours: no constraints file, and tensormill is not installed there.
$(ORACLE_STAMP): $(ORACLE_REQUIREMENTS)
	$(call make_environment,$(ORACLE),-r $<,$@)

test: $(VENV_STAMP)  ## run the fast tests (no TensorFlow needed)
	$(PYTEST) -m "not oracle and not slow"

test-slow: $(VENV_STAMP)  ## run the tests that take long
	$(PYTEST) -m "slow and not oracle"

test-gpu: $(VENV_STAMP)  ## run the fast tests as on a machine with a GPU, which is emulated
	TENSORMILL_EMULATED_GPUS=1 $(PYTEST) -m "not oracle and not slow"

test-lanes: $(VENV_STAMP)  ## run the tests that start servers, with each lane between tasks forced
	TENSORMILL_LANE=direct $(PYTEST) -m "not oracle and not slow" $(CLUSTER_TESTS)
	TENSORMILL_LANE=grpc $(PYTEST) -m "not oracle and not slow" $(CLUSTER_TESTS)

test-oracle: $(VENV_STAMP) $(ORACLE_STAMP)  ## run the tests against real TensorFlow
	TENSORMILL_REQUIRE_ORACLE=1 $(PYTEST) -m oracle

soak: $(VENV_STAMP)  ## load servers for ten minutes each: drawn requests, then queues
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz.soak --minutes $(or $(MINUTES),10)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.soak.queues --minutes $(or $(MINUTES),10)

bench: $(VENV_STAMP) $(ORACLE_STAMP)  ## time tensormill and real TensorFlow side by side
	$(BIN)/python -m benchmarks

demo: $(VENV_STAMP)  ## train on a cluster of processes, and draw where and when
	@mkdir -p $(DEMO)
	$(BIN)/tensormill launch --ps 2 --workers 3 --log-dir $(DEMO)/logs examples/digits/train.py --out_dir=$(DEMO)
	@$(BIN)/tensormill draw $(DEMO)/run_metadata.pb
	@echo "$(DEMO)/timeline.json is the trace of one step, for chrome://tracing"

docs: $(VENV_STAMP)  ## write the pages that are made from the code (docs/ops.md)
	$(BIN)/python docs/generate_ops.py

check: $(VENV_STAMP)  ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV_STAMP)  ## format the sources and fix what lint can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove environments, caches and build outputs
	rm -rf $(VENV) $(ORACLE) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find tensormill tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
