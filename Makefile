# `make help` lists what there is. Everything runs in .venv, which `make` fills from the lock files.

PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
PYTEST := python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help repro test test-fast chaos lint format readme clean

help:  ## List the commands.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

repro: $(VENV)/.installed  ## Run the DAG: everything from the raw files to reports/submission.csv that is not up to date.
	@python -m tools.repro

test: $(VENV)/.installed-dev lint  ## Check and test everything, the real DAG included.
	@$(PYTEST)

test-fast: $(VENV)/.installed-dev  ## Test everything but the DAG.
	@$(PYTEST) -m "not dag"

chaos: $(VENV)/.installed-dev  ## Kill the DAG fifty times, half of them in the middle of a write, and see that nothing is lost.
	@python tests/chaos.py --kills 50

lint: $(VENV)/.installed-dev  ## ruff, mypy, import-linter.
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports

format: $(VENV)/.installed-dev  ## Format the code.
	@ruff format .
	@ruff check --fix .

readme: $(VENV)/.installed  ## Write the results of the last run into README.md.
	@python -m tools.readme

clean:  ## Remove what stages made from the work tree; DVC's cache keeps it.
	@rm -rf data/raw/stackdocs data/plain data/prepared data/unlabelled data/additional data/augmented/*.parquet data/folds.parquet .scratch
	@rm -rf $(addprefix models/,aligned decision encoders fused members oof_logits plan predictions.npz pretrained test_logits vectors)

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Conclave needs Python 3.11 or newer; make PYTHON=/path/to/python")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created requirements.lock
	@echo "installing into $(VENV) …"
	@$(INSTALL) -r requirements.lock
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@echo "installing what tests need into $(VENV) …"
	@$(INSTALL) -r requirements-dev.lock
	@touch $@
