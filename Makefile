# Thin names over real commands; each sets up what it needs.
.PHONY: help up test check build deploy bench crash fuzz queries lock openapi examples
.DEFAULT_GOAL := help

PORT ?= 3000
DATA ?= .lodestar
DEMO ?= 1
CONFIG ?= default
STAGE ?= $(if $(filter default,$(CONFIG)),dev,$(CONFIG))
export SAM_CLI_TELEMETRY = 0
export AWS_DEFAULT_REGION ?= eu-west-1
export PATH := $(CURDIR)/.tools/bin:$(PATH)
# Every function starts as a process of its own: without bytecode each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

# The uv of the machine where it runs here, else one of our own in .tools.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .tools/bin/uv)

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: .venv  ## start everything on this machine: PORT=3000 DATA=.lodestar DEMO=1
	$(UV) run --frozen python -m local up --port $(PORT) --data $(DATA) $(if $(filter 0,$(DEMO)),--no-demo)

test: .venv  ## run all tests, two at a time: first those that need no stack, then those on the local runner
	$(UV) run --frozen pytest -n 2 --dist loadfile --ignore=tests/e2e --ignore=tests/functions
	$(UV) run --frozen pytest -n 2 --dist loadfile tests/e2e tests/functions

check: .venv  ## what CI runs: lint, types, contracts, template, then all tests
	$(UV) run --frozen ruff check
	$(UV) run --frozen ruff format --check
	$(UV) run --frozen mypy
	PYTHONPATH=layers/lodestar:functions $(UV) run --frozen lint-imports
	$(UV) run --frozen sam validate --lint
	$(MAKE) --no-print-directory test

build: .venv  ## build the deployable artifact without a container
	$(UV) run --frozen sam build

deploy: build  ## sam deploy, then migrate: CONFIG=default|staging|prod PARAMETERS="DatabaseHost=… …"
	$(UV) run --frozen sam deploy --config-env $(CONFIG) --parameter-overrides Stage=$(STAGE) $(PARAMETERS)
	$(UV) run --frozen sam remote invoke MigrateFunction --config-env $(CONFIG) --event '{}'

fuzz: queries  ## try every operation as every role, by Schemathesis and with odd requests: EXAMPLES=200 SEED=…
	EXAMPLES=$(or $(EXAMPLES),200) $(UV) run --frozen pytest -s tests/e2e/test_contract.py tests/e2e/test_odd_requests.py

queries: .venv  ## compare random queries of admins with what Postgres itself makes of them: QUERIES=100000 SEED=…
	QUERIES=$(or $(QUERIES),100000) $(if $(SEED),SEED=$(SEED)) $(UV) run --frozen pytest -s tests/security/test_random_queries.py

crash: .venv  ## kill workers and Postgres over and over, live through histories: KILLS=1000 HISTORIES=10000
	KILLS=$(or $(KILLS),1000) $(UV) run --frozen python -m tests.crash
	STACK_KILLS=20 $(UV) run --frozen pytest tests/crash/test_whole_stack.py
	HISTORIES=$(or $(HISTORIES),10000) $(UV) run --frozen pytest tests/histories

bench: .venv  ## measure against the goals of docs/performance.md
	$(UV) run --frozen --group bench python -m tests.bench

lock:  ## resolve the dependencies anew
	$(UV) lock
	$(UV) export --quiet --frozen --no-dev --no-hashes --no-emit-project --no-header -o layers/vendor/requirements.txt

examples: .venv  ## record the answers to the sample events, which the OpenAPI document shows
	$(UV) run --frozen pytest tests/functions/test_sample_events.py --record-answers -k api
	$(MAKE) --no-print-directory openapi

openapi: .venv  ## write the OpenAPI document from the handlers, and the client from the document
	$(UV) run --frozen python -m contract

.venv: pyproject.toml uv.lock | $(if $(findstring .tools,$(UV)),.tools/bin/uv)
	$(UV) sync --frozen --quiet --compile-bytecode
	@touch .venv

.tools/bin/uv:
	python3 -m venv .tools
	.tools/bin/pip install --quiet uv
