# Everything runs in .venv, installed from the hashed locks; nothing outside the folder is touched.
#
#   make demo [ARGS=--no-serve]   the Yi Peng 3 window, offline
#   make test [ARGS=tests/ais]    style, types, tests
#   make bench | soak             speed side by side | the long-running promises, with Spark
#   make lint | format | lock     checks only | rewrite the style | resolve the locks anew
#   make map                      the map of the page, built by Node.js into the package
#   make pictures                 screenshots of it into docs/img

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
MAP := cablewatch/service/assets/map/index.html
# A lock is resolved without --upgrade: what is pinned stays. `make lock ARGS=--upgrade` renews it.
RESOLVE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header
COMPILE := $(RESOLVE) --build-deps-for editable \
	--extra bathymetry --extra feeds --extra fetch --extra postgresql --extra report \
	--extra s3 --extra service

.PHONY: demo test kernels bench soak lint format lock map pictures clean
.DELETE_ON_ERROR:

demo: .venv/ready map
	$(BIN)/cablewatch demo $(ARGS)

# A process a core, and one more, for many tests wait; threads of BLAS in each would wait for one another.
# Kernels are compiled beside the checks, or each process would compile them for itself. Files come
# in their order, so that the last are doctests, which are short.
test: export OPENBLAS_NUM_THREADS = 1
test:
	@$(MAKE) --no-print-directory --jobs 2 lint map kernels
	@if command -v npm >/dev/null && [ -d web/node_modules ]; then cd web && npm test --silent; fi
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

kernels: .venv/ready
	@$(BIN)/python -c 'from cablewatch.cables.model import load_cables; \
		from cablewatch.live.warm import warm; warm(load_cables())'

lint: .venv/ready-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: .venv/ready-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/ready-dev map
	$(BIN)/python -m bench $(ARGS)

soak: .venv/ready-spark
	$(BIN)/python -m pytest -m soak $(ARGS)

# Without Node.js, or where its packages cannot be had, the rest works and the page says what is missing.
map:
	@if command -v npm >/dev/null; then \
		$(MAKE) --no-print-directory $(MAP) || echo "The map is not built; all else works." >&2; \
	else echo "The map is not built: it takes Node.js 20.19, or 22.12 or newer. All else works." >&2; fi

# As locked, whatever was there before.
web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	@cd web && npm ci --no-audit --no-fund --silent

$(MAP): web/node_modules/.package-lock.json $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/public/basemap.bin' 2>/dev/null)
	@echo "Building the map"
	@cd web && npm run build --silent

pictures: .venv/ready-dev map
	$(BIN)/python -m tools.make_pictures $(ARGS)

lock: .venv/ready-dev
	$(COMPILE) $(ARGS) --output-file requirements.lock pyproject.toml
	$(COMPILE) $(ARGS) --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml
	$(BIN)/python tools/extra.py spark | $(RESOLVE) $(ARGS) --constraint requirements-dev.lock \
		--output-file requirements-spark.lock -

clean:
	rm -rf .venv build dist *.egg-info web/node_modules cablewatch/service/assets/map

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "cablewatch needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Creating .venv"
	@$(PYTHON) -m venv .venv

.venv/ready: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing the locked dependencies (once)"
	@$(PIP_INSTALL) --require-hashes --requirement requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/ready-dev: requirements-dev.lock .venv/ready
	@echo "Installing the locked development tools (once)"
	@$(PIP_INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@

# Apart: it is half a gigabyte.
.venv/ready-spark: requirements-spark.lock .venv/ready-dev
	@echo "Installing the locked Spark (once)"
	@$(PIP_INSTALL) --require-hashes --requirement requirements-spark.lock
	@touch $@
