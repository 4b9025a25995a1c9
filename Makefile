# One door to everything: `make` prints the targets. Each sets up .venv by itself, once.
# PYTHON=path chooses the Python; TESTS=... gives pytest's arguments; BENCH=... names measures and
# gives their options; SWEEP=... gives the options of `facets sweep`; LOCK=--upgrade renews versions.

.DEFAULT_GOAL := help
.PHONY: help demo test test-ui bench growth chaos sweep lint dev docs lock clean environment

PYTHON ?=
TESTS ?= -n 2
BENCH ?=
GROWTH ?=
CHAOS ?=
SWEEP ?= --help
LOCK ?=
# The tool that writes the lock file; kept out of the environment, which only reads it.
UV = uv==0.13.9

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile

environment:
	@PYTHON="$(PYTHON)" sh .ci/set_up

demo: environment ## the whole graph on the shipped sample: no account, no key
	@.venv/bin/facets demo

test: environment ## every test but those in a browser, on both stores (a Postgres comes along)
	@.venv/bin/python -m pytest $(TESTS)

test-ui: environment ## clicks in the web pages with a Chromium; UPDATE_IMAGES=1 renews docs/images
	@sh .ci/set_up_chromium
	@.venv/bin/python -m pytest -m ui facets_pipeline_tests/ui

bench: environment ## speed, limits, memory, tokens and dollars; see docs/bench.md
	@.venv/bin/python -m facets_pipeline_tests.bench $(BENCH)

growth: environment ## how time, memory and disk grow with the codes; see docs/growth.md
	@.venv/bin/python -m facets_pipeline_tests.growth $(GROWTH)

chaos: environment ## kill, stop, cut, fill: what is lost, paid twice or stuck; see docs/chaos.md
	@.venv/bin/python -m facets_pipeline_tests.chaos $(CHAOS)

sweep: environment ## accuracy and cost by codes per request; SWEEP="--gold FILE"
	@.venv/bin/facets sweep $(SWEEP)

lint: environment ## style, format, types, layers
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright
	.venv/bin/lint-imports --no-cache --no-logo

dev: environment ## Dagster's web page with this project, at port 3000
	@home=$$(.venv/bin/python -m facets_pipeline.cli.instance) && \
		DAGSTER_HOME="$$home" .venv/bin/dagster dev -w workspace.yaml

docs: environment ## make the generated parts of the documents anew
	.venv/bin/python docs/regenerate.py

lock: environment ## write requirements.lock, and the part of it that a container needs
	.venv/bin/python -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet --disable-pip-version-check $(UV)
	.venv/lock/bin/uv pip compile pyproject.toml --extra dev --extra ecs --extra k8s --universal --generate-hashes \
		--no-strip-extras --no-header --no-annotate --python-version 3.11 --quiet \
		--output-file requirements.lock $(LOCK)
	echo 'setuptools>=77' | .venv/lock/bin/uv pip compile pyproject.toml - --extra ecs --extra k8s \
		--constraint requirements.lock --universal --generate-hashes --no-strip-extras --no-header \
		--no-annotate --python-version 3.11 --quiet --output-file requirements-runtime.lock

clean: ## remove the environment and caches, never the data in .facets
	rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .coverage .facets-ui
	find facets_pipeline facets_pipeline_tests docs -name __pycache__ -prune -exec rm -rf {} +
