# Two commands matter: `make book` and `make test`. Each sets up what it needs in .venv first.
PYTHON ?= python3
BIN := .venv/bin
BOOK := _build/html/index.html
CHAPTERS := $(shell find book -name '*.ipynb')
PAGES := _config.yml _toc.yml $(shell find book -type f -not -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*')
PACKAGE := $(shell find ncbook -name '*.py' -o -name '*.js' -o -name '*.css' -o -name '*.html' -o -name '*.ini' -o -name '*.npz')

# A page is static: labs show a note in place of widgets that no kernel answers. One thread: see trainers.threads.
STATIC := NCBOOK_STATIC=1 NCBOOK_PRESET=laptop NCBOOK_LIVE=0
PYTEST := $(BIN)/pytest -p no:nbval  # which takes seconds to import, in each process
NBVAL := $(BIN)/pytest $(if $(CHAPTER),book/$(CHAPTER).ipynb,book -n 2 --dist loadfile) --nbval-lax --nbval-current-env -o filterwarnings=default -p no:cacheprovider
export OMP_NUM_THREADS ?= 1
# What Python has compiled once need not be compiled by each of a hundred processes again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup book test check serve lab notebooks ledger contents format lint unit js replay live browser bench bench-gpu hooks clean
.DELETE_ON_ERROR:

help:  ## what each of these does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'
	@echo "CHAPTER=4-grokking/onset after notebooks, replay or live takes that chapter alone."

setup: .venv/installed  ## install everything into .venv

book: $(BOOK)  ## set up, execute every chapter, build the HTML in _build/html
	@echo "The book is at $(abspath $(BOOK))"

test: lint unit js replay live browser  ## set up, and check everything

check: lint  ## while you work: style, types, spelling and the fast tests
	$(PYTEST) -n 2 --dist loadfile $(FAST)

FAST := tests/test_layers.py tests/test_project.py tests/test_readings.py tests/test_runs.py tests/test_ledger.py

serve: book  ## show the book at http://127.0.0.1:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

lab: .venv/installed  ## open the chapters in JupyterLab
	$(BIN)/jupyter lab book

notebooks: .venv/installed  ## bring every notebook into the form that git keeps
	$(STATIC) $(BIN)/python tools/notebooks.py write $(CHAPTER)

ledger: .venv/installed  ## the pages of claims and of columns, from the recorded runs
	@mkdir -p _build
	$(BIN)/python -m ncbook ledger --page > _build/ledger.md
	mv _build/ledger.md book/ledger.md
	$(BIN)/python tools/columns.py > _build/columns.md
	mv _build/columns.md book/columns.md

contents: .venv/installed  ## the table of contents, from ncbook/results.py
	$(BIN)/python tools/contents.py write

format: .venv/installed  ## bring the Python code into form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: .venv/installed  ## style, types and American spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

js:  ## linter, types and unit tests of the scripts; without Node they are skipped, and in CI they fail
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules/.installed && npm run --silent check; \
	else echo "NO NODE FOUND: the scripts were not checked (Debian: apt-get install nodejs npm)." >&2; [ -z "$$CI" ]; fi

unit: .venv/installed  ## the tests of the package
	$(PYTEST) tests --ignore=tests/browser -n 2 --dist loadfile

replay: .venv/installed  ## checked cells against recorded runs, to the letter
	$(STATIC) $(NBVAL)

live: .venv/installed  ## every line trained for real; numbers and verdicts may differ
	NCBOOK_PRESET=smoke NCBOOK_LIVE=1 $(NBVAL) --nbval-sanitize-with tools/live.cfg

browser: $(BOOK)  ## the built pages in Chromium
	$(PYTEST) tests/browser -n 2 --dist worksteal

BENCH := $(BIN)/pytest -o python_files='bench_*.py' -o python_functions='bench_*' -o filterwarnings=default --benchmark-quiet

bench: .venv/installed  ## ratios of CPU time, in benchmarks/RESULTS.md
	@mkdir -p _build
	$(BENCH) benchmarks --ignore-glob='*_gpu.py' --benchmark-timer=time.process_time --benchmark-json=_build/bench.json
	$(BIN)/python benchmarks/report.py _build/bench.json benchmarks/RESULTS.md

bench-gpu: .venv/installed  ## the same on a GPU, in benchmarks/RESULTS-gpu.md
	@mkdir -p _build
	$(BENCH) benchmarks/bench_*_gpu.py --benchmark-json=_build/bench-gpu.json
	$(BIN)/python benchmarks/report.py _build/bench-gpu.json benchmarks/RESULTS-gpu.md

hooks: .venv/installed  ## in this checkout: check before each commit, and show notebooks cell by cell in git diff
	$(BIN)/pre-commit install
	$(BIN)/nbdime config-git --enable

clean:  ## remove what was built
	rm -rf _build

# Half of pip's time goes into compiling modules that nobody imports; Python compiles the others when it does.
.venv/installed: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "ncbook needs Python 3.10 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-compile -c constraints.txt pip setuptools wheel
	$(BIN)/pip install --quiet --no-compile -c constraints.txt --no-build-isolation -e '.[dev]'
	@touch $@

node_modules/.installed: package.json package-lock.json
	npm ci --silent
	@touch $@

# When the package changes, the figures of every chapter may change: build afresh.
_build/package: $(PACKAGE) .venv/installed
	rm -rf _build
	@mkdir -p _build && touch $@

$(BOOK): _build/package $(CHAPTERS) $(PAGES)
	$(STATIC) $(BIN)/python tools/execute.py _build/.jupyter_cache $(CHAPTERS)
	$(STATIC) $(BIN)/jupyter-book build . -W --keep-going -q
	@touch $@
