# `make demo` and `make test` are all that a newcomer needs; each sets up .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OLDEST := .venv-oldest
PEERS := .venv-peers

.PHONY: help demo test test-differential test-oldest test-real backends test-backends matrix test-matrix lint bench soak wheel prices rules lock clean

help:
	@echo "make demo        price LLM calls to stand-in providers, and print what arrives over OTLP"
	@echo "make test        the tests"
	@echo "make test-differential  our rates against those of genai-prices and litellm, counted"
	@echo "make test-oldest the tests that need no provider SDK, on the oldest OpenTelemetry SDK"
	@echo "make test-real   real programs, and recorded exchanges through the real SDK clients and instrumentations"
	@echo "make backends    build the Collector, Jaeger, Prometheus and Alertmanager into a cache: needs go, npm, apt-get and minutes"
	@echo "make test-backends  the tests with those programs"
	@echo "make matrix      every instrumentation against a provider on this machine: writes docs/matrix.md"
	@echo "make test-matrix whether docs/matrix.md is made from what is in the tree, and one column again"
	@echo "make lint        ruff, mypy, import-linter, the price index, rules and dashboards as they are built"
	@echo "make rules       Prometheus' rules and Grafana's dashboards, after a change to what builds them"
	@echo "make bench       what a span costs, in ratios to a bare span and to peers"
	@echo "make soak        a million spans of calls shown several times: each counted once, and memory bounded"
	@echo "make wheel       the wheel in a clean environment: a program with and without it"
	@echo "make prices      the imported prices and the index of all, after a change to the ones written by hand"
	@echo "make lock        requirements/dev.txt and those of the matrix from the files beside them"

$(READY): requirements/dev.txt pyproject.toml
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)
	@$(BIN)/python -m examples.demo

test: $(READY)
	$(BIN)/python -m pytest --ignore=tests/differential

test-real: $(READY)
	$(BIN)/python -m pytest -m real tests

test-differential: $(READY)
	$(BIN)/python -m pytest -q tests/differential

backends:
	@$(PYTHON) -m tools.backends
	@$(PYTHON) -m tools.dashboards.traceql

test-backends: $(READY)
	$(BIN)/python -m pytest -m backends tests/backends

matrix: $(READY)
	$(BIN)/python -m tests.matrix $(COLUMN)

test-matrix: $(READY)
	$(BIN)/python -m tests.matrix --check $(COLUMN)

$(OLDEST)/.ready: requirements/oldest.txt pyproject.toml
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/oldest.txt
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

test-oldest: $(OLDEST)/.ready
	$(OLDEST)/bin/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/price_index.py --check
	$(BIN)/otel-llm-cost table check
	$(BIN)/python -m tools.rules --check
	$(BIN)/python -m tools.dashboards --check

$(PEERS)/.ready: requirements/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/peers.txt
	@touch $@

bench: $(READY) $(PEERS)/.ready
	OTEL_LLM_COST_PEERS=$(PEERS) $(BIN)/python -m benchmarks

soak: $(READY)
	$(BIN)/python -m benchmarks.soak

wheel: $(READY)
	$(BIN)/python tools/with_and_without.py

prices: $(READY)
	$(BIN)/python -m tools.import_genai_prices
	$(BIN)/python tools/price_index.py

rules: $(READY)
	$(BIN)/python -m tools.rules
	$(BIN)/python -m tools.dashboards

lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header --output-file requirements/dev.txt requirements/dev.in
	for lock in requirements/matrix/*.in requirements/distros/*.in; do $(BIN)/uv pip compile --quiet --python-version 3.11 --prerelease=allow --no-annotate --no-emit-index-url --no-header --output-file $${lock%.in}.txt $$lock; done

clean:
	rm -rf $(VENV) $(OLDEST) $(PEERS) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
