.DEFAULT_GOAL := help
.PHONY: help demo test lint format examples docs bench clean

PYTHON ?= python3
BIN := .venv/bin
# From the fast to the slow: a mistake shows early.
SLOW := tests/cli tests/chassis tests/examples tests/docs tests/e2e
SUITES := $(filter-out $(SLOW),$(patsubst %/,%,$(sort $(wildcard tests/*/)))) $(SLOW)

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.ready: pyproject.toml templates/chassis/pyproject.toml
	@echo "preparing .venv"
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/pip install --quiet --disable-pip-version-check uv; }
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet -e . -e 'templates/chassis[embedded]' --group dev
	@touch $@

demo: .venv/.ready  ## generate the shop, run it, place orders, stop it
	@$(BIN)/python -m demo

test: lint  ## everything: style, types, units, real servers, generated projects
	@$(BIN)/pytest --durations=10 $(SUITES)

lint: .venv/.ready  ## style, formatting and types of meshgen and of the chassis
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: .venv/.ready  ## put the code in order
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

examples: .venv/.ready  ## generate examples/ anew, keeping their hand-written lines
	@$(BIN)/python -m examples.regenerate

docs: .venv/.ready  ## generate the reference, its pictures and the editors' schema anew
	@$(BIN)/python -m docs.generate

bench: .venv/.ready  ## speed and memory, as ratios
	@$(BIN)/python -m bench

clean:  ## remove what was built
	rm -rf build dist .venv
