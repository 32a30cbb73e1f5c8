# Every target does its own set-up and is safe to repeat. What each needs: README.md.
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash

.PHONY: run test check format bench install peers

run: .venv/.installed
	$(BIN)/fedcoop demo

install: .venv/.installed

test: .venv/.installed-dev peers
ifdef PYTEST_ARGS
	$(BIN)/pytest $(PYTEST_ARGS)
else
	$(BIN)/pytest -n auto --ignore=tests/fediverse
	$(BIN)/pytest tests/fediverse  # the real peers run once, on addresses of their own
endif

check: .venv/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.installed-dev
	$(BIN)/python -m benchmarks

peers: .venv/.installed-dev
	tools/install-test-tools.sh

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "The venv module is needed (Debian: apt install python3-venv)" >&2; exit 1; }

.venv/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch .venv/.installed $@
