# make run    the stack on this machine, with six example days
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

.PHONY: help wheel env rie sam bench bench-scorer tools run synth test lint types imports clean lock bench-anomaly structure audit checkov

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

.build/rie-venv/.stamp: requirements/rie.txt .venv/.stamp
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

GOOD_DAY := info-alarm info-ok rds-cpu-warning-alarm rds-cpu-critical-alarm rds-cpu-critical-alarm-second-topic \
	rds-cpu-critical-ok rds-cpu-warning-ok slo-violation
BAD_DAY := rds-cpu-critical-alarm rds-cpu-critical-ok
REASONS_DAY := cluster-down service-down-in-its-cluster-alarm service-down-in-its-cluster-ok cluster-down-over \
	multiple-services-down service-down-among-many-alarm service-down-among-many-ok multiple-services-down-over \
	one-alert-three-severities one-alert-three-severities-over
DOWN_DAY := ecs-cpu-alarm service-down-alarm ecs-memory-while-down-alarm service-down-ok

run: env ## the stack on this machine: a good day, a burst of 50, PagerDuty down, a service and a cluster down, an anomaly
	@echo "== The stack that cdk deploy would create, on this machine: its own template, functions and queues, on an"
	@echo "== emulated AWS. PagerDuty, Slack and the mail server are stand-ins; nothing leaves this machine."
	@echo
	@echo "== 1. A good day: what is critical pages, what is not does not, and every end is told where its begin was."
	@$(BIN)/alertrelay replay $(GOOD_DAY:%=events/%.json)
	@echo
	@echo "== 2. A burst: fifty databases of one service alarm within a minute. One incident, few messages, nobody left out."
	@rm -rf .build/burst
	@$(BIN)/python -m tools.burst events/rds-cpu-critical-alarm.json .build/burst >/dev/null
	@$(BIN)/alertrelay replay .build/burst/*.json
	@echo
	@echo "== 3. PagerDuty is down: Slack and e-mail say so at once, PagerDuty is tried again after 1, 2, 5 and 15 minutes,"
	@echo "==    and whoever heard of the alarm hears of its end."
	@$(BIN)/alertrelay replay $(BAD_DAY:%=events/%.json) --down pagerduty=503
	@echo
	@echo "== 4. A service is down: what that explains is kept from people, by name, and told when it still fires afterwards."
	@$(BIN)/alertrelay replay $(DOWN_DAY:%=events/%.json)
	@echo
	@echo "== 5. The larger speaks for the smaller: a cluster for its services, the count of many for each of them, critical for"
	@echo "==    the warning of the same alert and the warning for the info."
	@$(BIN)/alertrelay replay $(REASONS_DAY:%=events/%.json)
	@echo
	@echo "== 6. A metric, six hours of it: the evening's peak is as every evening and left alone; half an hour after it the"
	@echo "==    checkout takes four orders in ten, and that is found with the first point, explained, and told to its end."
	@$(BIN)/python -m tools.shop .build/shop >/dev/null
	@$(BIN)/alertrelay replay .build/shop/orders-placed.csv --mode orders-placed=alert
	@echo
	@echo "== Next: $(BIN)/alertrelay replay events/ecs-cpu-alarm.json --down slack=timeout"
	@echo "==       $(BIN)/alertrelay replay --help    docs/try-it-locally.md    events/README.md"

lint: env ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: env ## mypy, strict
	$(BIN)/mypy

imports: env ## who may import whom
	$(BIN)/lint-imports

synth: env ## the CloudFormation templates of every environment, in cdk.out
	$(BIN)/python -m infra.synth

bench-scorer: env ## what a run of the anomaly scorer takes: 5,000 metrics
	@$(BIN)/python -m tools.bench_scorer

bench: rie ## cold starts of the deployed layer in Lambda's emulator, median of 5
	@$(BIN)/python -m tools.bench_cold_start events/rds-cpu-critical-alarm.json

# CI installs what some tests need; elsewhere those tests are skipped by name. A machine without the layer's Python has
# no emulator: its tests say so.
tools: env
ifeq ($(CI),true)
	@$(MAKE) --no-print-directory sam
	@$(MAKE) --no-print-directory rie || echo "== the tests of the emulator are skipped"
endif

test: lint types imports tools ## everything that CI checks
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

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

checkov: .build/checkov-venv/.stamp synth ## checkov on the templates: each finding is mended or answered in infra/checkov.py
	@.build/checkov-venv/bin/checkov --directory cdk.out --framework cloudformation --skip-download --quiet --compact 2>.build/checkov.log

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

wheel: env ## the package, in dist/
	$(BIN)/python -m hatchling build -t wheel -d dist

clean: ## what the commands above made
	rm -rf .venv cdk.out .build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

structure: env ## the figures of the project's structure beside their goals (STRUCTURE='--check', --details, --json)
	@$(BIN)/python -m tools.structure $(STRUCTURE)
