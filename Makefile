# make demo  a pretend place of 10,000 people, every stage, and the file to open
# make test  the whole suite     make check  format, lint, types, import contracts, links of the docs, quick tests
# make lint  the first four of them
# make docs  the documentation as a site that opens from disk
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
PARTS  := setup.cfg pyproject.toml

.PHONY: demo test lint check docs clean

demo: $(VENV)/.installed
	$(BIN)/totalplace demo --out demo --no-open

# Commands under test keep their bytecode, as on a user's machine, or each would compile the package again.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.tested browser
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.checked
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	tools=$(BIN) sh tests/types.sh

check: lint
	$(BIN)/python -m pytest -q tests/unit tests/spec tests/docs --ignore=tests/docs/test_tutorial.py

# Strict: a link or an anchor that leads nowhere stops it. The scripts that write pages are no part of the site.
docs: $(VENV)/.documented
	$(BIN)/zensical build --clean --strict
	rm -rf build/docs/*.py build/docs/__pycache__
	$(BIN)/python docs/check_site.py build/docs
	@echo 'Next: open build/docs/index.html'

# A stamp file for each set of packages, so that a second run starts in seconds.
$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "totalplace needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed. On Debian or Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.installed: $(PARTS) | $(BIN)/python
	$(PIP) install --quiet --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(PIP) install --quiet --editable '.[test]'
	touch $@

$(VENV)/.documented: $(PARTS) | $(BIN)/python
	$(PIP) install --quiet --editable '.[docs]'
	touch $@

$(VENV)/.checked: $(VENV)/.tested
	$(PIP) install --quiet --editable '.[test,check]'
	touch $@

# The browser tests drive an installed Chromium or Chrome; no browser is downloaded by the test tool.
.PHONY: browser
browser:
	@sh tests/browser/find_browser.sh

clean:
	rm -rf $(VENV) build dist demo runs *.egg-info
