# `make demo` sets up and analyses the sample calls; `make test` sets up and runs every check.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CONSTRAINTS := .ci/constraints.txt

.PHONY: help setup demo test quick model bench wheel clean

help:
	@echo "make demo   set up, analyse the sample calls, write out/report.html"
	@echo "make test   set up and run every check"
	@echo "make model  train the default model again (SHARED=DIR adds labelled calls of your own)"
	@echo "make bench  measure speed"

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml $(CONSTRAINTS) hatch_build.py $(wildcard analyser/*.pyx analyser/*.pxd analyser/*/*.pyx)
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[dev]'
	touch $@

demo: setup
	mkdir -p out
	$(BIN)/analyser analyse data/samples
	$(BIN)/analyser analyse data/samples --format html --output out/report.html
	@echo "The report for coaches: out/report.html"

test: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/analyser behaviours check
	$(BIN)/pytest -n 2

quick: setup
	$(BIN)/pytest -n 2

model: setup
	$(BIN)/analyser train data/labelled $(SHARED) --output models/default --jobs 2

bench: setup
	$(BIN)/python tests/bench/bench.py
	$(BIN)/python tests/bench/store_bench.py --calls 1000 --postgresql
	$(BIN)/python tests/bench/store_bench.py --against-one --calls 6000

wheel: setup
	$(BIN)/python -m build --wheel --outdir dist

clean:
	rm -rf $(VENV) out dist build
