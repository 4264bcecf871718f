# Everything here works from a fresh clone with Python 3.11 or newer, make and git.

VENV   := .venv
BIN    := $(VENV)/bin
CLIENTS := tests/clients/node_modules/.made
# Where `make demo` serves: the made year is at the next one.
PORT   ?= 8000
# The first Python that is new enough; name another with `make install PYTHON=/path/to/python3`.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
# Passed on to pytest: make test ARGS="-k points".
ARGS   ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install install-dev install-system install-clients demo test test-slow fuzz mutation check format pictures bench pins clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.run ## Install Regulars and its demo data into .venv

install-dev: $(VENV)/.dev ## Install what tests and checks need, too

install-system: $(VENV)/.dev ## Install what tests want from the system: Chromium
	@$(BIN)/python -m tools.chromium

install-clients: $(CLIENTS) ## Install the clients of other people that tests let speak to Regulars; wants Node

demo: install ## A real grocer's year and a made one, served on 127.0.0.1 (PORT=8000 and the next)
	$(BIN)/regulars demo --data-dir demo --port $(PORT)

test: install-dev install-system install-clients ## Run the tests, the slow ones excepted
	$(BIN)/pytest -n 2 -m "not slow" $(ARGS)

test-slow: install-dev install-system install-clients ## Run the slow tests, and every law on 2,000 examples
	REGULARS_HYPOTHESIS=slow $(BIN)/pytest -n 2 -m "slow or hypothesis" $(ARGS)

fuzz: install-dev ## Send nonsense to every public route for ten minutes; SEED=1 repeats what was sent before
	REGULARS_FUZZ_SECONDS=75 REGULARS_FUZZ_SEED=$${SEED:-$$(date +%s)} $(BIN)/pytest tests/storms/test_fuzzing.py $(ARGS)

mutation: install-dev ## Break the kernel's points in small ways, write what no test notices to docs/mutation.md; ARGS="--sample 500"
	$(BIN)/python -m tools.mutation $(ARGS)

check: install-dev ## Check form, style, types and the contracts between storeys
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev ## Bring the code into form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

pictures: install-dev install-system ## Take the pictures for docs/pictures anew
	$(BIN)/python -m tools.pictures

bench: install-dev ## Measure
	$(BIN)/python -m bench.run

pins: install-dev ## Pin what pyproject.toml asks for; UPGRADE=1 takes the newest
	$(call pin,--group installer,installer)
	$(call pin,pyproject.toml --extra demo --group build,run)
	$(call pin,pyproject.toml --extra demo --group dev,dev)

clean: ## Remove whatever was made, .venv too
	rm -rf $(VENV) build dist demo mutants $(dir $(CLIENTS)) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +

# --- how -----------------------------------------------------------------------------------------------------------

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

$(VENV)/.made: requirements/installer.txt
	@test -n "$(PYTHON)" || { \
		echo "Regulars needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || echo none)." >&2; \
		echo "Install one, or name it: make install PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Regulars needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" --version 2>&1)." >&2; exit 1; }
	@echo "Making $(VENV) ..."
	@"$(PYTHON)" -m venv $(VENV) || { \
		echo "Python could not make a virtual environment (on Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@$(PIP) --require-hashes -r requirements/installer.txt
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.txt pyproject.toml
	$(call install_pinned,requirements/run.txt)
	@touch $@

# The pins for development hold those for running.
$(VENV)/.dev: $(VENV)/.made requirements/dev.txt requirements/run.txt pyproject.toml
	$(call install_pinned,requirements/dev.txt)
	@touch $(VENV)/.run $@

$(CLIENTS): tests/clients/package.json tests/clients/package-lock.json
	@if command -v npm >/dev/null; then \
		echo "Installing what tests/clients pins ..."; \
		(cd tests/clients && npm ci --silent --ignore-scripts) && touch $@; \
	else \
		echo "npm was not found (Node 20 or newer)." >&2; false; \
	fi || { test -z "$$CI" && echo "Going on without: the tests of these clients will be skipped." >&2; }

# uv is five to eight times as quick as pip; pip is there for machines whose mirror only pip knows.
define install_pinned
@echo "Installing what $(1) pins, and Regulars itself ..."
@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) || $(PIP) --require-hashes -r $(1)
@$(PIP) --no-deps --no-build-isolation --editable .
endef

define pin
@echo "Pinning requirements/$(2).txt ..."
@$(BIN)/uv pip compile $(1) --output-file requirements/$(2).txt $(if $(UPGRADE),--upgrade) --quiet \
	--universal --python-version 3.11 --fork-strategy fewest --generate-hashes --custom-compile-command "make pins"
endef
