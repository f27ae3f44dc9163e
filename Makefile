# `make demo` and `make test` are all a newcomer needs; both make their own virtual environment.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: help demo test lint test-python test-script build-script crash bench bench-questions bench-script clean

help:
	@echo "make demo          install, start everything, and open a small shop to click through"
	@echo "make test          everything that CI runs"
	@echo "make lint          ruff, mypy, import-linter; biome, tsc and the size gate of the script"
	@echo "make build-script  rebuild sdk_js/dist"
	@echo "make crash         200 times something dies under load, and every event is counted"
	@echo "make bench         the ingest benchmark, some five minutes"
	@echo "make bench-questions  every report on fifty million events, beside others' schemas, half an hour"
	@echo "make bench-script  the script beside others in a browser, an hour"

demo: $(VENV)/.installed
	@$(BIN)/footpath demo

test: require lint test-script test-python

lint: $(VENV)/.installed-test sdk_js/node_modules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm --prefix sdk_js run check
	sdk_js/node_modules/.bin/biome check --config-path=sdk_js bench/script

test-python: $(VENV)/.installed-test
	$(BIN)/python -m pytest

test-script: sdk_js/node_modules
	npm --prefix sdk_js test

build-script: sdk_js/node_modules
	npm --prefix sdk_js run build

crash: $(VENV)/.installed-test
	$(BIN)/python -m tests.crash --cycles 200

bench: $(VENV)/.installed-test
	$(BIN)/python bench/ingest.py

bench-questions: $(VENV)/.installed-test
	PYTHONPATH=. $(BIN)/python bench/questions.py

bench-script: bench/script/node_modules
	node bench/script/run.js

.PHONY: require
require:
	@command -v node >/dev/null || { echo "make test needs Node.js 20 or newer: apt-get install nodejs npm" >&2; exit 1; }
	@test -x "$${FOOTPATH_CHROMIUM:-/usr/bin/chromium}" || { echo "make test needs Chromium: apt-get install chromium, or name another in FOOTPATH_CHROMIUM" >&2; exit 1; }

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Footpath needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml hatch_build.py | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[analysis]'
	@touch $@

$(VENV)/.installed-test: pyproject.toml hatch_build.py | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[analysis,test]'
	@touch $@ $(VENV)/.installed

# Not `npm ci`: it refuses a lock file without the optional packages of platforms that a registry does not carry.
sdk_js/node_modules: sdk_js/package-lock.json
	npm --prefix sdk_js install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

bench/script/node_modules: bench/script/package-lock.json
	npm --prefix bench/script install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	rm -rf $(VENV) sdk_js/node_modules bench/script/node_modules dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
