# Every target sets up .venv itself. `make` alone lists the targets.
# PYTHON picks the interpreter (3.11 to 3.13); TORCH_PIP_ARGS is handed to pip for torch alone (README, "Which torch").
PYTHON ?= python3
TORCH_PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Two notebooks or tests run side by side; each keeps to one thread.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

.PHONY: help setup book book-fast test test-book lab lint bench assignments lock clean
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.ready vendor/versions.json ## create .venv and fetch the book's JavaScript

$(VENV)/.ready: requirements.txt requirements-torch.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	@# pip is asked first what it would bring; where that is CUDA (Linux, usually), uv fetches PyTorch's own CPU build.
	if [ -n "$(TORCH_PIP_ARGS)" ]; then \
	  $(BIN)/python -m pip install -q $(TORCH_PIP_ARGS) -r requirements-torch.txt; \
	elif $(BIN)/python -m pip install -q --dry-run --report - -r requirements-torch.txt | grep -qE '"(nvidia-|cuda-|triton)'; then \
	  $(BIN)/python -m pip install -q uv && \
	  $(BIN)/uv pip install -q --python $(BIN)/python --torch-backend cpu -r requirements-torch.txt; \
	else \
	  $(BIN)/python -m pip install -q -r requirements-torch.txt; \
	fi
	$(BIN)/python -m pip install -q -r requirements.txt
	$(BIN)/python -m pip install -q --no-deps -e .
	$(BIN)/python -m pip check
	touch $@

vendor/versions.json: package.json $(VENV)/.ready
	$(BIN)/emgtut book --vendor
	touch $@

book: setup ## execute every chapter in full and build the book
	$(BIN)/emgtut book

book-fast: setup ## the same with FAST=True: what continuous integration builds
	$(BIN)/emgtut book --fast

test: setup ## unit, property, doc, notebook and assignment tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not built" $(PYTEST_ARGS)

test-book: ## checks on the pages that `make book` or `make book-fast` built
	$(BIN)/python -m pytest -m built $(PYTEST_ARGS)

lab: setup ## open JupyterLab; chapters open as notebooks with a click
	$(BIN)/jupytext-config --settings-file $(VENV)/share/jupyter/lab/settings/overrides.json set-default-viewer markdown myst
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks $(LAB_ARGS)

lint: $(VENV)/.ready ## ruff over the package, tests and chapters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	for page in notebooks/*.md assignments/*/*.md $$(grep -l '^kernelspec' book/*.md); do \
	  $(BIN)/jupytext --quiet --to py:percent -o - $$page | \
	  $(BIN)/ruff check --quiet --select F,E9,B,NPY,BLE --ignore B018,B905,F811 --stdin-filename $${page%.md}.py - || exit 1; \
	done

bench: setup ## timings and ratios
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

assignments: setup ## release the assignments to _build/assignments
	$(BIN)/python assignments/grade.py release

lock: $(VENV)/.ready ## resolve requirements.in into requirements.txt again
	$(BIN)/uv pip compile -U --universal --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11 requirements.in -o requirements.txt

clean: ## remove what was built; keep .venv
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
