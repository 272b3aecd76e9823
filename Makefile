# Chartroom's commands. Needs make (3.81 or newer) and Python 3.11 or newer; everything else installs itself.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON_BIN := .venv/bin/python
# Many container images set it. A Django process here loads nearly three thousand modules; compiling them anew each time
# takes more than half of its start.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check features bench format assets setup setup-dev clean

help: ## Show this list
	@echo "Chartroom: make <target>"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-12s %s\n", $$1, $$2 }'

run: setup ## Start everything, with the demo clinic, and print address and log-ins (Ctrl-C stops)
	@exec $(PYTHON_BIN) manage.py run

test: check ## Run all checks, then all tests
	@CHROMIUM_PATH=$$($(PYTHON_BIN) scripts/chromium.py) && export CHROMIUM_PATH && \
		exec $(PYTHON_BIN) -m pytest -n 2

check: setup-dev ## Run every check that is not a test: types, lint, format, imports, templates, migrations, settings
	@$(PYTHON_BIN) scripts/check.py

features: setup-dev ## Print each feature with the tests that show it
	@$(PYTHON_BIN) -m tests.feature_report

bench: setup ## Measure the busiest pages against a hello-world page
	@$(PYTHON_BIN) manage.py bench

format: setup-dev ## Format the code and mend what lint can mend
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

assets: setup ## Install the front-end packages (run and test do it by themselves)

setup:
	@sh scripts/setup.sh

setup-dev:
	@sh scripts/setup.sh --dev

clean: ## Remove environments and caches; the data in var/ stays
	@rm -rf .venv .tools node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
