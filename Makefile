# Everything there is to do here; `make` or `make help` lists it.
# Needs make and Python 3.11 or later, nothing else: what a target needs is installed into .venv the first time.

VENV := .venv
PY := $(VENV)/bin/python
OUTCOMES := $(VENV)/bin/outcomes
READY := $(VENV)/ready
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python)
QUARTER := 2026Q3
PARALLEL := --numprocesses logical --dist worksteal
PEERS := .venv-bench

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
unexport PYTHONPATH PYTHONHOME

.PHONY: help report setup lab notebooks test test-full check bench bench-large lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

report: $(READY) ## write the demo clinics' quarterly report to reports/2026Q3
	@$(OUTCOMES) report data/demo --quarter $(QUARTER) --out reports/$(QUARTER) --force

setup: $(READY) ## only make the environment (.venv); every other target does so by itself
	@echo "The environment in $(VENV) is ready."

lab: $(READY) ## open JupyterLab on the notebooks
	@$(OUTCOMES) lab

notebooks: $(READY) ## rerun the notebooks on the demo data and save them with their results
	@$(OUTCOMES) notebooks notebooks --dataset data/demo

test: $(READY) ## run the tests, but for the slow ones
	@$(PY) -m pytest $(PARALLEL) -m "not full"

test-full: $(READY) ## run the slow tests and the browser tests (those want Chromium)
	@$(PY) -m pytest $(PARALLEL) -m full

check: $(READY) ## lint, format, types, the direction of imports, and no patients' results in notebooks
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m pytest tests/test_architecture.py
	@$(OUTCOMES) notebook-results

bench: $(READY) $(PEERS)/ready ## measure speed and memory beside other programs (BENCH=FOLDER keeps the simulated data)
	@$(PY) -m benchmarks.run --data "$(BENCH)"

bench-large: $(READY) $(PEERS)/ready ## the same with a million patients and more: an hour or two, some 20 GB of disk
	@$(PY) -m benchmarks.run --large --data "$(BENCH)"

lock: $(READY) ## pin the requirements of pyproject.toml anew (UPGRADE=--upgrade: the newest of each)
	@$(VENV)/bin/uv pip compile --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-emit-index-url --no-header --quiet $(UPGRADE) pyproject.toml --output-file requirements.lock
	@$(VENV)/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--quiet --constraint requirements.lock $(UPGRADE) benchmarks/requirements.in \
		--output-file benchmarks/requirements.txt

clean: ## remove the environment and all caches, never data or reports
	@rm -rf $(VENV) $(PEERS) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made anew when the requirements change, or when this folder has moved: it knows its own path.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

$(READY): requirements.lock pyproject.toml
	@for python in $(PYTHONS) none; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; \
	done; \
	if [ "$$python" = none ]; then \
		echo "This needs Python 3.11 or later, and none was found (tried: $(PYTHONS))." >&2; \
		echo "Install one, or say where it is: make setup PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	echo "1 of 3: making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV) || { \
		echo "Python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; \
	}
	@echo "2 of 3: installing the packages of requirements.lock (once, 1 to 4 minutes)"
	@$(PY) -m pip install -qq --only-binary :all: --require-hashes --requirement requirements.lock || { \
		echo "The packages could not be installed: the reason stands above. Is there a connection to a package index?" >&2; \
		echo "A Python so new that packages are not built for it yet also fails: make setup PYTHON=python3.13" >&2; \
		exit 1; \
	}
	@echo "3 of 3: installing the command outcomes"
	@$(PY) -m pip install -qq --no-deps --no-build-isolation --editable .
	@hooks=$$(git rev-parse --git-path hooks 2>/dev/null) && mkdir -p "$$hooks" && [ ! -e "$$hooks/pre-commit" ] \
		&& cp .githooks/pre-commit "$$hooks/pre-commit" || true
	@echo "$(CURDIR)" > $@

$(PEERS)/ready: benchmarks/requirements.txt | $(READY)
	@echo "Making $(PEERS), where the other programs of the benchmarks run"
	@$(PY) -m venv --clear $(PEERS)
	@$(PEERS)/bin/python -m pip install -qq --only-binary :all: --require-hashes --requirement benchmarks/requirements.txt
	@touch $@
