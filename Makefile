# `make run` and `make test` do everything on a fresh machine.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: run test test-all soak check context bench bench-reasoning bench-validation bench-endpoint bench-linking clean

run: $(VENV)/installed
	$(BIN)/cdkg build
	$(BIN)/cdkg serve

test: check
	$(BIN)/pytest -n auto

# The long versions of what kills processes, swaps graphs and loads a server: some thirty-five minutes on two cores.
SOAKED = $(addprefix tests/test_, snapshots.py swap.py write_steps.py writes_under_fire.py graph_store.py mixed_load.py)
soak: $(VENV)/installed
	CDKG_KILLS=200 CDKG_SWAPS=200 CDKG_LOAD_MINUTES=15 $(BIN)/pytest -m "" $(SOAKED) $(ARGS)

test-all: check
	$(BIN)/pytest -n auto -m ""

check: $(VENV)/installed
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

# The JSON-LD context of the vocabulary; a test holds it against the ontology.
context: $(VENV)/installed
	$(BIN)/python -m cdkg.pipeline.context > ontology/context.jsonld

# `make bench ARGS=--large` adds graphs of a million triples and more. Each part has options of its own: `ARGS=--help`.
bench: bench-reasoning bench-validation bench-endpoint

bench-reasoning: bench/.venv/installed
	bench/.venv/bin/python -m bench.reasoning $(ARGS)

bench-validation: bench/.venv/installed
	bench/.venv/bin/python -m bench.validation $(ARGS)

# The labelled data is not part of the repository: CDKG_EXTERNAL names its folder.
bench-linking: bench/.venv/installed
	bench/.venv/bin/python -m bench.linking $(ARGS)

bench-endpoint: bench/.venv/installed bench/.venv-endpoint/installed
	bench/.venv/bin/python -m bench.endpoint $(ARGS)

# the servers that ours is measured against have dependencies of their own
bench/.venv-endpoint/installed: bench/requirements-endpoint.txt
	$(PYTHON) -m venv bench/.venv-endpoint
	bench/.venv-endpoint/bin/pip install --quiet --disable-pip-version-check --requirement bench/requirements-endpoint.txt
	touch $@

bench/.venv/installed: bench/requirements.txt pyproject.toml constraints.txt
	$(PYTHON) -m venv bench/.venv
	bench/.venv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt --requirement bench/requirements.txt --editable .
	touch $@

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) bench/.venv bench/.venv-endpoint bench/results .cdkg dist build
