# make run    the stack on this machine, with three example days
# make test   everything that CI checks
# Needs only make, python3 >= 3.11 and the package index; all else is made in .venv.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export UV_PYTHON_DOWNLOADS := never
export PYTHONDONTWRITEBYTECODE :=
# The CDK library speaks to a node process: node comes from a Python package, so that nothing is installed by hand.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1

.PHONY: help env run synth test lint types imports clean lock

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.stamp: requirements/uv.txt requirements/dev.txt pyproject.toml
	@echo "== .venv: the environment, from hashed requirements"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "python3 >= 3.11 is needed, this is " + sys.version.split()[0] + "; name another: make PYTHON=python3.13")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

env: .venv/.stamp ## the environment alone

lint: env ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: env ## mypy, strict
	$(BIN)/mypy

imports: env ## who may import whom
	$(BIN)/lint-imports

synth: env ## the CloudFormation templates of every environment, in cdk.out
	$(BIN)/python -m infra.synth

test: lint types imports ## everything that CI checks
	$(BIN)/pytest -n 2 --dist loadfile

lock: env ## requirements/*.txt anew, from requirements/*.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/layer.in -o requirements/layer.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/dev.in -o requirements/dev.txt

clean: ## what the commands above made
	rm -rf .venv cdk.out .build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
