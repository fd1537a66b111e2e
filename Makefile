# Rollbook. `make` lists the targets. Only python3 (3.11 or later), make and git are assumed.

PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 2
SERVE ?= yes
NAME ?=
# A file stays on one worker, so that what its tests share is made once; files with browsers and servers come first in the
# alphabet and short ones last, so that no worker is left alone with a long one.
SUITE := -n $(JOBS) --dist loadscope --no-loadscope-reorder --ignore tests/repo

# Images of machines often forbid Python to keep what it compiled; every program started here would then compile anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo serve test slowest quick check fix bench peers migrations browser assets study types rest

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*##/\1 #/p' $(MAKEFILE_LIST) | awk -F ' # ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: .venv/.ready var/assets/.ready .venv/study/.ready  ## play the story on invented pupils and serve it (SERVE=no: check it and stop)
	$(BIN)/rollbook demo play $(if $(filter no,$(SERVE)),--no-serve,)

serve: .venv/.ready var/assets/.ready .venv/study/.ready  ## run an installation of your own, kept in var/serve
	ROLLBOOK_DATA=var/serve/data ROLLBOOK_KEYS=var/serve/keys $(BIN)/rollbook setup --overseer var/serve/overseer
	ROLLBOOK_DATA=var/serve/data ROLLBOOK_KEYS=var/serve/keys $(BIN)/rollbook serve

test: check browser .venv/study/.ready  ## everything: check, then the whole suite
	$(BIN)/pytest $(SUITE)

slowest: browser .venv/.ready var/assets/.ready .venv/study/.ready  ## the whole suite, then its slowest tests
	$(BIN)/pytest $(SUITE) --durations=40 --durations-min=2

quick: .venv/.ready .venv/study/.ready  ## the tests that need no database, in under a minute
	$(BIN)/pytest -n $(JOBS) tests/unit tests/property tests/vectors

check: .venv/.ready var/assets/.ready  ## format, lint, types, floors, documents in step; changes nothing
	@$(MAKE) --no-print-directory -j $(JOBS) --output-sync=target types rest

types:  # beside the rest, which takes the other core
	$(BIN)/mypy

rest:
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports --cache-dir var/import-linter
	$(BIN)/python -m dev.lint
	$(BIN)/python dev/migrations.py --check
	$(BIN)/pytest tests/repo

fix: .venv/.ready  ## change what can be changed by machine
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/python -m dev.documents

bench: .venv/.ready  ## time a piece of work (NAME=disclosure-set; without a name, list them)
	$(BIN)/rollbook bench $(if $(NAME),$(NAME),--help)

peers: .venv/.ready var/peers/acro-0.4.12/.ready  ## install what benchmarks compare with
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-peers.lock

migrations: .venv/.ready  ## write the migration for changed models
	$(BIN)/python dev/migrations.py

browser: .venv/.ready  # the browser of the page tests
	@sh dev/browser.sh

study: .venv/study/.ready  # the packages that Python steps of a study may import, apart from our own

assets: var/assets/.ready  # the design system's files, and the verifier for the browser

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) dev/python_version.py
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/study/.ready: requirements-study.lock .venv/.ready
	rm -rf .venv/study
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-warn-conflicts --target .venv/study -r requirements-study.lock
	@touch $@

# Two versions of one package cannot live together: the older has an environment of its own.
var/peers/acro-%/.ready: requirements-acro-%.lock
	$(PYTHON) -m venv var/peers/acro-$*
	var/peers/acro-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

node_modules/.ready: package-lock.json .venv/.ready
	$(BIN)/npm ci --silent --no-progress
	@touch $@

var/assets/.ready: node_modules/.ready dev/assets.py dev/verifier_page.py $(wildcard verifier/browser/*) $(wildcard src/rollbook/tlog/*.py)
	$(BIN)/python dev/assets.py
	$(BIN)/python dev/verifier_page.py
	@touch $@
