# make run    the stack on this machine, in a minute
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

.PHONY: help wheel env rie sam bench bench-scorer tools run run-all synth test lint types imports clean lock bench-anomaly bench-cli bench-decisions bench-requests bench-intake bench-invocations bench-console structure audit checkov faults

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

.build/rie-venv/.stamp: requirements/rie.txt local/stack/rie_venv.py .venv/.stamp
	@echo "== .build/rie-venv: Lambda's runtime on this machine, for the Python of the layer"
	@$(BIN)/python -m local.stack.rie_venv
	@touch $@

rie: .build/rie-venv/.stamp ## what `alertrelay replay --engine rie` needs

.build/sam-venv/.stamp: requirements/sam.txt .venv/.stamp
	@echo "== .build/sam-venv: the sam command, from hashed requirements"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .build/sam-venv
	@$(BIN)/uv pip sync --quiet --python .build/sam-venv/bin/python --require-hashes requirements/sam.txt
	@touch $@

sam: .build/sam-venv/.stamp ## the sam command, as .build/sam-venv/bin/sam

run: env ## the stack on this machine, in a minute: PagerDuty down, grouping, inhibition, an anomaly
	@$(BIN)/python -m tools.first_minute

run-all: env ## the same with every example, and every line
	@$(BIN)/python -m tools.first_minute --all

lint: env ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: env ## mypy, strict
	$(BIN)/mypy

imports: env ## who may import whom
	$(BIN)/lint-imports

synth: env ## the CloudFormation templates of every environment, in cdk.out
	$(BIN)/python -m infra.synth

bench-invocations: rie ## CPU of the invocations of an alert, warm, in Lambda's emulator (BENCH='--alerts N')
	@$(BIN)/python -m tools.bench.invocations $(BENCH)

bench-scorer: env ## what a run of the anomaly scorer takes: 5,000 metrics
	@$(BIN)/python -m tools.bench_scorer

bench: rie ## cold starts of the deployed layer in Lambda's emulator, median of 9 (BENCH='--write --memory 1024 512 128')
	@$(BIN)/python -m tools.bench.cold_start $(BENCH)

# CI installs what some tests need; elsewhere those tests are skipped by name. A machine without the layer's Python has
# no emulator: its tests say so.
tools: env
ifeq ($(CI),true)
	@$(MAKE) --no-print-directory sam
	@$(MAKE) --no-print-directory rie || echo "== the tests of the emulator are skipped"
	@$(BIN)/python -m tools.console.node
endif

# Three workers for two cores: a sixth of the tests' time is waiting, for Alertmanager's clock or a program's answer.
test: tools ## everything that CI checks
	@$(MAKE) --no-print-directory --jobs 3 --output-sync=target types tests/__pycache__ lint imports
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

# In a new clone each worker would rewrite the assertions of every test: they are read once, beside mypy, which has one core.
tests/__pycache__: | env
	@$(BIN)/pytest --collect-only -qq >/dev/null || true

bench-requests: env ## what an alert asks of AWS: in a minute, in half an hour, before its page leaves (BENCH=CHECKOUT)
	@$(BIN)/python tools/bench/counting.py $(or $(BENCH),.)

bench-decisions: env ## what deciding takes: messages, flushes, a storm beside Alertmanager (BENCH='--base CHECKOUT --alarms N')
	@$(BIN)/python -m tools.bench.decisions $(BENCH)

bench-intake: env ## the HTTPS intake: 10,000 alerts posted, beside the real Alertmanager (BENCH='--alerts N')
	@$(BIN)/python -m tools.bench.intake $(BENCH)

bench-console: env ## the console with 5,000 firing alerts in Chromium: CPU until it is painted, and of a filter (BENCH='--alerts N')
	@$(BIN)/python -m tools.console.bench $(BENCH)

bench-cli: env ## what commands take in CPU (BENCH='--rounds N')
	@$(BIN)/python -m tools.bench.cli $(BENCH)

ANOMALY_DATA ?= ../shared/anomaly
.build/bench/.stamp: requirements/bench.txt
	@rm -rf .build/bench
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --target .build/bench -r $<
	@touch $@

bench-anomaly: env .build/bench/.stamp ## the anomaly scorer's figures, on labelled metrics (ANOMALY_DATA=FOLDER, ABLATION=--ablation, OPTIONS='--altered --made')
	PYTHONPATH=.build/bench $(BIN)/python -m tools.bench_anomaly $(ANOMALY_DATA) $(ABLATION) $(OPTIONS)

.build/audit-venv/.stamp: requirements/audit.txt .venv/.stamp
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .build/audit-venv
	@$(BIN)/uv pip sync --quiet --python .build/audit-venv/bin/python --require-hashes requirements/audit.txt
	@touch $@

audit: .build/audit-venv/.stamp ## known vulnerabilities in requirements/*.txt; goes on where the service cannot be asked
	@$(BIN)/python .ci/audit.py .build/audit-venv/bin/pip-audit requirements/*.txt

.build/checkov-venv/.stamp: requirements/checkov.txt .venv/.stamp
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .build/checkov-venv
	@$(BIN)/uv pip sync --quiet --python .build/checkov-venv/bin/python --require-hashes requirements/checkov.txt
	@touch $@

# The options that the example leaves off have templates of their own: docs/examples/observed.yml, beside the tests' copies.
OBSERVED := .build/observed
CHECKOV := .build/checkov-venv/bin/checkov --framework cloudformation --skip-download --quiet --compact
checkov: .build/checkov-venv/.stamp synth ## checkov on the templates, also with every option: each finding is mended or answered in infra/checkov.py
	@rm -rf $(OBSERVED)/config $(OBSERVED)/rules && mkdir -p $(OBSERVED) && cp -r tests/shipped/config tests/shipped/rules $(OBSERVED)
	@rm $(OBSERVED)/config/environments/*.yml && cp docs/examples/observed.yml $(OBSERVED)/config/environments
	@$(BIN)/python -m infra.synth --config-dir $(OBSERVED)/config $(OBSERVED)/cdk.out
	@$(CHECKOV) --directory cdk.out 2>.build/checkov.log
	@$(CHECKOV) --directory $(OBSERVED)/cdk.out 2>>.build/checkov.log

lock: env ## requirements/*.txt anew, from requirements/*.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/layer.in -o requirements/layer.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/dev.in -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/bench.in -o requirements/bench.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/audit.in -o requirements/audit.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 --no-deps requirements/boto3-oldest.in -o requirements/boto3-oldest.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/checkov.in -o requirements/checkov.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/sam.in -o requirements/sam.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements/lambda-runtime.in -o requirements/lambda-runtime.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.13 --no-deps requirements/rie.in -o requirements/rie.txt

faults: env ## every fault over seeds, judged by what the channels received (FAULTS='--updates N --only NAME --write')
	@$(BIN)/python -m tests.harness.matrix $(FAULTS)

wheel: env ## the package, in dist/
	$(BIN)/python -m hatchling build -t wheel -d dist

clean: ## what the commands above made
	rm -rf .venv node_modules cdk.out .build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

structure: env ## the figures of the project's structure beside their goals (STRUCTURE='--check', --details, --json)
	@$(BIN)/python -m tools.structure $(STRUCTURE)
