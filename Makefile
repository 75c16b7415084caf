# Equipoise. `make` alone lists the targets.
PYTHON ?= python3
BIND ?= 127.0.0.1
PORT ?= 8000
export BIND PORT PYTHON

VENV := .venv/bin/python
HAVE_PYTHON := command -v $(PYTHON) >/dev/null 2>&1 || { \
	echo "error: $(PYTHON) is not installed"; \
	echo "  remedy: apt-get install python3 python3-venv"; exit 1; } >&2
PACKAGES := study vignettes analysis
# Nothing connects to these during the check; they only have to be there, as production demands.
PRODUCTION := EQUIPOISE_ENV=production DATABASE_URL=postgres://study:secret@127.0.0.1:5432/study \
	REDIS_URL=redis://127.0.0.1:6379/0 ALLOWED_HOSTS=study.example.org \
	CSRF_TRUSTED_ORIGINS=https://study.example.org

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo run test test-vllm check format coverage blinding bench bench-generation \
	calibrate lock lock-vllm

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## create .venv and install the run-time packages
	@$(HAVE_PYTHON)
	@$(PYTHON) tools/setup.py runtime

setup-dev:  ## the same with the packages for tests and lint
	@$(HAVE_PYTHON)
	@$(PYTHON) tools/setup.py dev

demo: setup  ## play a whole simulated study, then serve the site on BIND:PORT
	@$(VENV) manage.py demo

run: setup  ## serve the site on BIND:PORT with its worker
	@$(VENV) manage.py serve

test: setup-dev  ## all tests on SQLite and on PostgreSQL
	@$(VENV) -m tools.run_tests

test-vllm: setup-dev  ## both connectors against a real vLLM on the CPU, in an environment of its own (3 GB)
	@$(PYTHON) tools/setup.py vllm
	@$(VENV) -m tools.run_vllm_tests

check: setup-dev  ## format, lint, types, import contracts, templates, deployment checks, migrations
	@$(VENV) -m ruff format --check .
	@$(VENV) -m ruff check .
	@$(VENV) -m mypy $(PACKAGES)
	@.venv/bin/lint-imports --no-logo
	@find templates -name '*.html' -print0 | xargs -0 $(VENV) -m djhtml --check
	@$(PRODUCTION) SECRET_KEY=$$($(VENV) -c 'import secrets; print(secrets.token_urlsafe(64))') \
		$(VENV) manage.py check --deploy --fail-level WARNING
	@DATABASE_URL=sqlite:///:memory: $(VENV) manage.py makemigrations --check --dry-run

format: setup-dev  ## rewrite Python and templates in the house format
	@$(VENV) -m ruff check --fix-only --quiet .
	@$(VENV) -m ruff format .
	@find templates -name '*.html' -print0 | xargs -0 $(VENV) -m djhtml --quiet

coverage: setup-dev  ## lines and branches that the tests on SQLite reach
	@$(VENV) -m pytest -q -n 2 --dist loadgroup --cov --cov-report=term

blinding: setup-dev  ## compare 200 worlds with exchanged authors, plant every leak, time 5,000 pages per arm
	@$(VENV) -m pytest -q tests/noninterference/test_timing.py --timed-requests 5000
	@$(VENV) -m pytest -q -n 2 tests/noninterference --worlds 200

bench: setup  ## time the statistics beside R: live where it is installed, recorded otherwise
	@OPENBLAS_NUM_THREADS=1 $(VENV) -m bench

bench-generation: setup-dev  ## time the worker of the models' queue beside a bare client and the ideal
	@$(VENV) -m bench.generation

calibrate: setup  ## run what is missing of docs/calibration.json (hours) and write docs/calibration.md
	@OPENBLAS_NUM_THREADS=1 $(VENV) -m analysis.calibration --workers $$(nproc)

lock:  ## resolve requirements.in, -dev.in and -servers.in into their .txt
	@$(HAVE_PYTHON)
	@tools/lock.sh

lock-vllm:  ## resolve requirements-gpu.in and -vllm-test.in on top of it into their .txt
	@$(HAVE_PYTHON)
	@tools/lock_vllm.sh
