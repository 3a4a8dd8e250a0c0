# Two commands: `make book` builds the book, `make test` runs every check of it.
# Both set up what they need in .venv, from nothing but Python 3.11.

PYTHON ?= python3.11
BIN := .venv/bin
HTML := _build/html/index.html
LIBRARY := $(shell find src book/_ext -name '*.py' -o -name 'page.*') book/claims.yml requirements.txt

# The matrices are small: a second thread would only get in the way.
export OMP_NUM_THREADS ?= 1

.PHONY: book test browse lint benchmark lock cover clean

## Build the book; notebooks that changed since the last build are executed. Warnings are errors.
book: .venv/reader _build/library
	$(BIN)/jupyter-book build . -W -n --keep-going
	@echo && echo "The book: file://$(CURDIR)/$(HTML)"

## Unit, property and documentation tests, then every notebook from top to bottom.
test: .venv/tester
	$(BIN)/pytest
	$(BIN)/pytest --nbmake --nbmake-timeout=300 --durations=0 -W default book/*.ipynb

## The built book in a browser without network: every page, every slider. Needs Chromium or Chrome.
browse: book .venv/tester
	$(BIN)/pytest tests/browser

## Style and types.
lint: .venv/tester
	$(BIN)/ruff check src tests book/_ext
	$(BIN)/ruff format --check src tests book/_ext
	$(BIN)/mypy

## Speed against peers, as ratios measured in one run.
benchmark: .venv/tester
	$(BIN)/pytest tests/benchmarks --benchmark-enable --benchmark-columns=median,rounds -s

## Renew the two lists of pinned versions after a change in pyproject.toml.
lock: .venv/tester
	$(BIN)/pip install --quiet pip-tools
	$(call pin,requirements.txt,--extra nets --extra figures --extra live --extra sweeps --extra book)
	$(call pin,tests/requirements.txt,--extra nets --extra sweeps --extra test --constraint requirements.txt)
	echo "-e ." >> requirements.txt

## Renew the picture of the landing page and of the README from the first chapter, as last built.
cover:
	$(BIN)/python book/_ext/save_figure.py abstract_representation fig-digit-geometries book/images/cover.png

clean:
	rm -rf _build .venv

.venv/reader: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --progress-bar on -r requirements.txt
	touch $@

.venv/tester: .venv/reader tests/requirements.txt
	$(BIN)/python -m pip install --progress-bar on -r tests/requirements.txt
	touch $@

# The execution cache knows notebooks, not the library that they import: a change there starts anew.
_build/library: $(LIBRARY)
	rm -rf _build && mkdir _build && touch $@

# "+cpu" and the like name one build of torch; the version alone fits every machine.
define pin
	$(BIN)/pip-compile --quiet --strip-extras --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  $(2) --output-file $(1) pyproject.toml
	sed -i '/^[#-]/d; s/+cpu$$//' $(1)
	sed -i '1i # Made by "make lock" from pyproject.toml; do not edit.' $(1)
endef
