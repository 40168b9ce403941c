# The one task runner: people, pre-commit and CI use the same targets. `make help` lists them.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
RUNTIME := .venv/.installed-runtime
DEV := .venv/.installed-dev
WEB := $(BIN)/python scripts/web.py
# Files of tests keep together as far as they can, since they share servers; who is done takes from the others.
PARALLEL ?= --numprocesses auto --maxprocesses 8 --dist worksteal
LOCKS := requirements/runtime.txt requirements/build.txt pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help up test check fmt web web-check e2e bench soak lock settings-page

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo '  ARGS="…" is handed on: make up ARGS="--port 9000", make test ARGS="-k stream"'

up: $(RUNTIME) ## Start the server; the first start installs what it needs.
	@$(WEB) build
	@exec $(BIN)/tollway up $(ARGS)

test: $(DEV) ## Run the tests, without the browser, the benchmarks and the long runs.
	@$(WEB) test
	@$(BIN)/python -m pytest tests $(PARALLEL) $(ARGS)

check: $(DEV) ## Check format, lint, types, import layers and house rules.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest tests/architecture --quiet
	@$(WEB) lint typecheck

fmt: $(DEV) ## Format the code and mend what the linter can mend.
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

web: $(RUNTIME) ## Build the web app, which a server serves from its next start on.
	@$(WEB) build

web-check: $(RUNTIME) ## Check the web app alone: lint, types, unit tests, sizes.
	@$(WEB) check

e2e: $(DEV) ## Run the tests that need a browser, and those of the wheel.
	@$(WEB) sizes
	@$(BIN)/python -m pytest tests -m "browser or wheel" $(ARGS)

bench: $(DEV) ## Measure the gateway against its peers, and the web app, and print the tables.
	@$(WEB) build
	@$(BIN)/python -m benchmarks $(ARGS)

soak: $(DEV) ## Run the reliability tests at their full figures (hours).
	@$(BIN)/python -m pytest tests -m soak --timeout=0 $(ARGS)

lock: $(DEV) ## Renew the locks from pyproject.toml and web/package.json.
	@$(BIN)/python scripts/lock.py $(ARGS)
	@$(WEB) lock

settings-page: $(DEV) ## Write docs/settings.md from the settings' types.
	@$(BIN)/python -c "from tollway.kit.settings_page import settings_page; print(settings_page(), end='')" > docs/settings.md

$(RUNTIME): $(LOCKS)
	@$(call setup,runtime)

$(DEV): $(LOCKS) requirements/dev.txt
	@$(call setup,dev)

define setup
command -v $(PYTHON) >/dev/null 2>&1 || { \
  echo "$(PYTHON) was not found. Install Python 3.11 or newer, or name it: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; \
  exit 1; }; \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
  echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
  echo "Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; \
  exit 1; }; \
$(PYTHON) scripts/setup.py $(1)
endef
