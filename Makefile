# `make run` and `make test` do everything on a fresh machine.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: run test test-all check bench bench-reasoning bench-validation clean

run: $(VENV)/installed
	$(BIN)/cdkg build
	$(BIN)/cdkg serve

test: check
	$(BIN)/pytest -n auto

test-all: check
	$(BIN)/pytest -n auto -m ""

check: $(VENV)/installed
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

# `make bench ARGS=--large` adds graphs of a million triples and more. Each part has options of its own: `ARGS=--help`.
bench: bench-reasoning bench-validation

bench-reasoning: bench/.venv/installed
	bench/.venv/bin/python -m bench.reasoning $(ARGS)

bench-validation: bench/.venv/installed
	bench/.venv/bin/python -m bench.validation $(ARGS)

bench/.venv/installed: bench/requirements.txt pyproject.toml constraints.txt
	$(PYTHON) -m venv bench/.venv
	bench/.venv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt --requirement bench/requirements.txt --editable .
	touch $@

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) bench/.venv bench/results .cdkg dist build
