# farmland: `make demo` shows what it does, `make test` shows that it does it.
# Both need Python 3.11 or newer and make, nothing else; PYTHON=... names another Python.

VENV ?= .venv
DEMO ?= farmland-demo
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test quick lint types sample bench races qgis readme images constraints clean

help: ## what can be made
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; \
	do printf '  make %-12s %s\n' "$$name" "$$text"; done

demo: $(READY) ## the main job on the bundled sample; prints where the results are
	$(BIN)/farmland demo --out $(DEMO)

test: lint types ## style, types and every test (FARMLAND_TEST_ALL=1: nothing may be skipped)
	$(BIN)/pytest

quick: $(READY) ## the tests that take less than ten seconds each
	$(BIN)/pytest -m "not slow"

lint: $(READY) ## style only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## types only
	$(BIN)/mypy --strict farmland

sample: $(READY) ## build the bundled sample again from the simulator
	$(BIN)/python -m farmland.simulate.sample data/samples

races: $(READY) ## kernels against their peers, and the whole of detect against decoding
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement benchmarks/races/requirements.txt
	$(BIN)/python benchmarks/kernels.py
	$(BIN)/python benchmarks/whole.py

bench: races ## measure accuracy, speed and memory (long), then write the figures down
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/cropping.py
	$(BIN)/python benchmarks/detectors.py
	$(BIN)/python benchmarks/failing.py
	$(BIN)/python benchmarks/offsets.py
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/parcels.py
	$(MAKE) readme

qgis: $(READY) ## try results in newer versions of QGIS too, each in a Debian of its own (root, debootstrap, 4 GB)
	$(BIN)/python benchmarks/qgis_versions.py
	$(MAKE) readme

readme: $(READY) ## write the measured figures into the pages, and the reference
	$(BIN)/python benchmarks/readme.py
	$(BIN)/python benchmarks/failing.py --real
	mkdir -p docs
	$(BIN)/python -m farmland.cli.reference >docs/reference.md
	$(BIN)/python -m farmland.rules.reference >docs/rules-reference.md

images: $(READY) ## draw the pictures of the pages from the sample, in both languages
	$(BIN)/python benchmarks/images.py

constraints: $(READY) ## pin the newest versions again, with hashes and without addresses
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --group dev \
		--generate-hashes --no-annotate --upgrade --quiet \
		--custom-compile-command "make constraints" --output-file constraints.txt
	$(BIN)/uv pip compile benchmarks/races/requirements.in --universal --python-version 3.11 \
		--constraint constraints.txt --generate-hashes --no-annotate --upgrade --quiet \
		--custom-compile-command "make constraints" --output-file benchmarks/races/requirements.txt

clean: ## remove the environment, the demo and everything built
	rm -rf $(VENV) $(DEMO) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: pinned, every file checked against its hash, nothing built but farmland itself
# and version-parser, which pypgstac needs and nobody publishes built.
$(READY): constraints.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
		--no-binary version-parser --require-hashes --requirement constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--editable .
	@touch $@

# The newest Python at hand that can make an environment (Debian keeps venv in a package of its own).
$(BIN)/python:
	@for python in $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3); do \
		if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then echo "$$("$$python" --version) -> $(VENV)"; exec "$$python" -m venv $(VENV); fi; \
	done; \
	echo 'No Python 3.11 or newer with venv was found: install python3 and python3-venv, or name one: make PYTHON=/path/to/python3.' >&2; \
	echo '未找到带 venv 的 Python 3.11 或更新版本：请安装 python3 与 python3-venv，或指定：make PYTHON=/path/to/python3。' >&2; \
	exit 1
