# Needs Python (3.11 or later), pip and make. `make test` and `make demo` set themselves up in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Tests run on this many processes at once.
JOBS ?= 2

.PHONY: install fmt check test test-system contract cover docs run demo bench clean
.DEFAULT_GOAL := test

install: $(STAMP)

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

fmt: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --quiet .

check: install
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: install
	$(BIN)/pytest -q -n $(JOBS) -m 'not system and not contract'

test-system: install
	$(BIN)/pytest -q -m system

contract: install
	$(BIN)/pytest -q -n $(JOBS) -m contract

# Branches: all of them in the pure rooms, 95 % overall.
PURE := emulator/engine/*,emulator/clock/*,emulator/webhooks/*,emulator/scenarios/*
cover: install
	$(BIN)/coverage erase
	$(BIN)/pytest -q -n $(JOBS) -m 'not system and not contract' --cov --cov-report=
	$(BIN)/coverage report
	$(BIN)/coverage report --include='$(PURE)' --fail-under=100

# The generated parts of the README, and the site, in site/.
docs: install
	$(BIN)/python docs/generate.py
	$(BIN)/python -m docs.build

run: install
	$(BIN)/ringback serve

demo: install
	$(BIN)/ringback demo

bench: install
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) build site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
