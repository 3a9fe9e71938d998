SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell tools/python.sh)
BIN := .venv/bin
STAMP := .venv/.installed

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-12s %s\n", $$1, $$2}'

install: $(STAMP) ## install everything into .venv
$(STAMP): requirements/dev.txt pyproject.toml Makefile
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $(STAMP)

demo: install ## 30 days in a time-lapse, then live (ARGS=--no-wait ends by itself)
	$(BIN)/backorder demo $(ARGS)

compile: install ## compile the hot path by mypyc: a quarter less time a mail (needs gcc and Python's headers, 1 to 2 minutes)
	$(BIN)/python tools/compile.py

plain: install ## take compiled modules away: Python runs the sources as they are
	$(BIN)/python tools/compile.py --plain

up: install ## worker, beat and servers on this machine until Ctrl-C
	$(BIN)/backorder up $(ARGS)

test: plain ## all tests that need no Debian package and no root
	$(BIN)/python -m pytest -n 4 -m "not system" $(ARGS)
	@echo "Left out: tests marked system, which need Debian's chromium, postfix, dovecot-imapd and gcc, or root (make test-system)."

test-fast: plain ## the tests for every save, under a minute
	$(BIN)/python -m pytest -n 2 -m "not system and not slow" tests/unit tests/properties tests/contract $(ARGS)

test-system: plain ## the tests that need Debian packages (chromium, postfix, dovecot-imapd, gcc, python3-dev) or root
	$(BIN)/python -m pytest -n 2 -m system $(ARGS)

check: install ## style, types, import contracts, templates, spelling, file length
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/codespell
	$(BIN)/python tools/check_file_length.py

mutants: plain ## mutation testing of planner and changes: at least 85 % must be killed
	rm -rf mutants && mkdir -p .local
	HYPOTHESIS_PROFILE=ci $(BIN)/mutmut run --max-children 2 > .local/mutants.log || (tail -25 .local/mutants.log; false)
	$(BIN)/mutmut export-cicd-stats
	$(BIN)/python tools/check_mutants.py

coverage: plain ## branch coverage: 100 % of schedules and worker/updates, 90 % of the rest
	HYPOTHESIS_PROFILE=ci $(BIN)/python -m pytest -n 2 -m "not system" -q --cov --cov-report=
	$(BIN)/coverage report --include='schedules/*,worker/updates/*' --show-missing --skip-covered --fail-under=100
	$(BIN)/coverage report --omit='schedules/*,worker/updates/*' --skip-covered --fail-under=90

bench: install ## all figures, on compiled modules where there is a C compiler (ARGS="race single" for some)
	$(BIN)/python -m benchmarks.rivals.venv & $(BIN)/python tools/compile.py || echo "measuring the sources as they are"; wait
	$(BIN)/python -m benchmarks $(ARGS)

bench-rhythm: install ## the rhythm against one mail per event and a daily digest; writes docs/rhythm.md
	$(BIN)/python -m benchmarks.rhythm_page

bench-sources: install ## polls and an import of 100,000 rows: seconds and memory
	$(BIN)/python -m benchmarks.sources

bench-bounces: install ## verdicts on mails that came back, against a folder with an index (CORPUS=folder)
	$(BIN)/python -m benchmarks.bounces $(CORPUS)

SEED ?= 1
chaos: install ## 20,000 updates through processes that are broken on purpose (SEED=n, ARGS="--updates 2000")
	$(BIN)/python -m benchmarks.chaos --seed $(SEED) $(ARGS)

lock: ## pin the requirements again, with hashes and without index addresses
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras --extra dev -o requirements/dev.txt pyproject.toml requirements/build.in
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras -o requirements/runtime.txt pyproject.toml requirements/build.in

clean: ## remove what can be made again (also local data)
	find schedules worker -name '*.so' -delete
	test ! -x $(BIN)/python || PYTHONPATH=. $(BIN)/python tools/forget_data.py
	rm -rf *.so .venv .local build dist *.egg-info .mypy_cache .ruff_cache .hypothesis htmlcov .coverage

.PHONY: help install demo compile plain up test test-fast test-system check mutants coverage bench bench-rhythm bench-sources bench-bounces chaos lock clean
