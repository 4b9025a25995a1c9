# One door to everything: `make` prints the targets. Each sets up .venv by itself, once.
# PYTHON=path chooses the Python; TESTS=... gives pytest's arguments; BENCH=... names measures and
# gives their options; GROWTH, CHAOS, FUZZ and SWEEP give those of their targets; LOCK=--upgrade
# renews versions.

.DEFAULT_GOAL := help
.PHONY: help demo test coverage test-ui bench growth chaos fuzz sweep lint dev docs lock clean environment

PYTHON ?=
# A file stays in one process, in order, so that what its tests share is set up once.
TESTS ?= -n 4 --dist loadfile --no-loadscope-reorder
BENCH ?=
GROWTH ?=
CHAOS ?=
FUZZ ?=
SWEEP ?= --help
LOCK ?=
# The tool that writes the lock file; kept out of the environment, which only reads it.
UV = uv==0.13.9
# What guides the fuzzer by coverage; kept out of the environment, as some Pythons have no build of it.
ATHERIS = atheris==3.0.0

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile

environment:
	@PYTHON="$(PYTHON)" sh .ci/set_up

demo: environment ## the whole graph on the shipped sample: no account, no key
	@.venv/bin/facets demo

test: environment ## every test but those in a browser, on both stores (a Postgres comes along)
	@.venv/bin/python -m pytest $(TESTS)

coverage: environment ## branches of domain/ and engine/ that the tests reach, each file's; 95 % at least
	@.venv/bin/python -m pytest $(TESTS) --cov=facets_pipeline/domain --cov=facets_pipeline/engine \
		--cov-branch --cov-report=term:skip-covered --cov-fail-under=95

test-ui: environment ## clicks in the web pages with a Chromium; UPDATE_IMAGES=1 renews docs/images
	@sh .ci/set_up_chromium
	@.venv/bin/python -m pytest -m ui facets_pipeline_tests/ui

bench: environment ## speed, limits, memory, tokens and dollars; see docs/bench.md
	@.venv/bin/python -m facets_pipeline_tests.bench $(BENCH)

growth: environment ## how time, memory and disk grow with the codes; see docs/growth.md
	@.venv/bin/python -m facets_pipeline_tests.growth $(GROWTH)

chaos: environment ## kill, stop, cut, fill: what is lost, paid twice or stuck; see docs/chaos.md
	@.venv/bin/python -m facets_pipeline_tests.chaos $(CHAOS)

fuzz: environment ## spoilt files, answers, searches, options; FUZZ="--minutes 10"; see docs/fuzz.md
	@sh .ci/set_up_fuzz $(ATHERIS)
	@.venv/bin/python -m facets_pipeline_tests.fuzz $(FUZZ)

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
