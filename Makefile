# Two commands matter: `make book` and `make test`. Each sets up what it needs in .venv first.
PYTHON ?= python3
PYTHON_OLDEST ?= python3.10
PYTHON_NEWEST ?= python3.13
BIN := .venv/bin
BOOK := _build/html/index.html
CHAPTERS := $(shell find book -name '*.ipynb')
PAGES := _config.yml _toc.yml $(shell find tools/page -type f -not -path '*/__pycache__/*') $(shell find book -type f -not -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*')
PACKAGE := $(shell find ncbook -name '*.py' -o -name '*.js' -o -name '*.css' -o -name '*.html' -o -name '*.ini' -o -name '*.npz' -o -name '*.json' -o -name '*.txt' -o -name '*.wasm')

# A page is static: labs show a note in place of widgets that no kernel answers. One thread: see trainers.threads.
STATIC := NCBOOK_STATIC=1 NCBOOK_PRESET=laptop NCBOOK_LIVE=0
PYTEST := $(BIN)/pytest -p no:nbval  # which takes seconds to import, in each process
QUICK := $(BIN)/python tools/quick_kernels.py  # what starts many kernels does so by forks
NBVAL := $(QUICK) $(BIN)/pytest $(if $(CHAPTER),book/$(CHAPTER).ipynb,book -n 2 --dist loadfile) --nbval-lax --nbval-current-env -o filterwarnings=default -p no:cacheprovider
export OMP_NUM_THREADS ?= 1
# A home that cannot be written: what tools keep there goes into .venv.
ifneq ($(shell [ -d "$$HOME" ] && [ -w "$$HOME" ] && echo yes),yes)
_ := $(shell mkdir -p .venv/home)
export HOME := $(CURDIR)/.venv/home
endif
# What Python has compiled once need not be compiled by each of a hundred processes again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup book test test-code check serve lab notebooks ledger contents format lint unit js replay live browser labs lighthouse pdf offline links bench bench-gpu test-oldest test-newest test-colab test-dist address release hooks slides class clean
.DELETE_ON_ERROR:

help:  ## what each of these does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'
	@echo "CHAPTER=4-grokking/onset after notebooks, replay or live takes that chapter alone."

setup: .venv/installed  ## install everything into .venv

book: $(BOOK)  ## set up, execute every chapter, build the HTML in _build/html
	@echo "The book is at $(abspath $(BOOK))"

# Two chains at a time: one waits for a browser or a single core, while the other computes.
test: .venv/installed  ## set up, and check everything
	@$(MAKE) --no-print-directory -j2 --output-sync=target browser test-code

test-code:
	@for each in lint js unit replay live; do $(MAKE) --no-print-directory $$each || exit 1; done

check: lint  ## while you work: style, types, spelling and the fast tests
	$(PYTEST) -n 2 --dist loadfile $(FAST)

FAST := tests/test_layers.py tests/test_project.py tests/test_readings.py tests/test_runs.py tests/test_ledger.py

serve: book  ## show the book at http://127.0.0.1:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

lab: .venv/installed  ## open the chapters in JupyterLab
	$(BIN)/jupyter lab book

notebooks: .venv/installed  ## bring every notebook into the form that git keeps
	$(STATIC) $(BIN)/python tools/notebooks.py write $(CHAPTER)

class: .venv/installed  ## notebooks for students and for instructors, and worksheets, in _build/class; needs Chromium
	$(BIN)/python tools/handouts.py

ledger: .venv/installed  ## pages of claims, rules, columns and seconds, from the recorded runs; of notation and the package; the front page's
	@mkdir -p _build
	$(BIN)/python -m ncbook ledger --page > _build/ledger.md
	$(BIN)/python -m ncbook ledger --rules > _build/rules.md
	mv _build/ledger.md _build/rules.md book/
	$(BIN)/python tools/columns.py > _build/columns.md
	mv _build/columns.md book/columns.md
	$(BIN)/python tools/notation.py > _build/notation.md
	mv _build/notation.md book/notation.md
	$(BIN)/python tools/seconds.py > _build/seconds.md
	mv _build/seconds.md book/seconds.md
	$(BIN)/python tools/api.py
	$(BIN)/python tools/front.py write

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
	$(PYTEST) tests --ignore=tests/browser --ignore=tests/replay --ignore=tests/live -n 2 --dist loadfile

# What the cells of all chapters print is compared when the book is built: tests/browser/test_outputs_of_the_book.py.
replay: .venv/installed  ## recorded runs against the code; with CHAPTER, what its checked cells print, to the letter
	$(if $(CHAPTER),$(STATIC) $(NBVAL),$(PYTEST) tests/replay -n 2 --dist worksteal)

live: .venv/installed  ## every lab, and every line, trained for real; numbers and verdicts may differ
	$(if $(CHAPTER),,$(PYTEST) tests/live -n 2 --dist worksteal)
	NCBOOK_PRESET=smoke NCBOOK_LIVE=1 $(NBVAL) --nbval-sanitize-with tools/live.cfg

browser: $(BOOK)  ## the built pages in Chromium, and what their cells printed, to the letter
	$(PYTEST) tests/browser -n 3 --dist worksteal

labs: .venv/installed node_modules/.installed  ## every lab in a notebook in Chromium, through all that it offers; minutes
	NCBOOK_FRONT=$(FRONT) NCBOOK_ENVIRONMENT=$(ENVIRONMENT) NCBOOK_LABS="$(LABS)" $(PYTEST) tests/browser/every_lab.py

lighthouse: $(BOOK)  ## what Lighthouse says of six pages; with Node, and 186 MB that are kept by npm
	npm exec --yes --package=lighthouse@12.8.2 -- $(PYTEST) tests/browser/test_lighthouse.py -rA

pdf: $(BOOK)  ## the whole book as one PDF, in _build/html; needs Chromium
	$(BIN)/python tools/pdf.py

offline: slides class pdf  ## one archive for a room without a network, in _build
	$(BIN)/python tools/offline.py

slides: $(BOOK) node_modules/.installed  ## slides of each chapter and of the whole, in _build/slides; with Node
	$(BIN)/python tools/decks.py

links: $(BOOK)  ## every address outside that a page names; this one needs a network
	$(STATIC) $(BIN)/jupyter-book build . --builder custom --custom-builder linkcheck -q

BENCH := $(BIN)/pytest -o python_files='bench_*.py' -o python_functions='bench_*' -o filterwarnings=default --benchmark-quiet

bench: .venv/installed  ## ratios of CPU time, in benchmarks/RESULTS.md
	@mkdir -p _build
	$(BENCH) benchmarks --ignore-glob='*_gpu.py' --benchmark-timer=time.process_time --benchmark-json=_build/bench.json
	$(BIN)/python benchmarks/report.py _build/bench.json benchmarks/RESULTS.md

bench-gpu: .venv/installed  ## the same on a GPU, in benchmarks/RESULTS-gpu.md
	@mkdir -p _build
	$(BENCH) benchmarks/bench_*_gpu.py --benchmark-json=_build/bench-gpu.json
	$(BIN)/python benchmarks/report.py _build/bench-gpu.json benchmarks/RESULTS-gpu.md

test-oldest:  ## unit tests and two chapters with the oldest versions, in an environment of their own
	$(PYTHON_OLDEST) tools/trial.py oldest

test-newest:  ## the same with the newest versions of everything
	$(PYTHON_NEWEST) tools/trial.py newest

test-colab:  ## three chapters with Colab's versions, where ncbook is missing
	$(PYTHON) tools/trial.py colab

test-dist: .venv/installed  ## build what a release publishes, in dist/, and try it
	$(BIN)/python tools/trial.py dist

address: .venv/installed  ## URL=https://github.com/OWNER/NAME BRANCH=main: the public address of a fork, in every file
	$(BIN)/python tools/address.py "$(URL)" "$(BRANCH)"

release: .venv/installed  ## VERSION=1.2.3: the next version, in every file; says what is to be done then
	$(BIN)/python tools/release.py "$(VERSION)"

hooks: .venv/installed  ## in this checkout: check before each commit, and show notebooks cell by cell in git diff
	$(BIN)/pre-commit install
	$(BIN)/nbdime config-git --enable

clean:  ## remove what was built
	rm -rf _build

.venv/installed: requirements.txt constraints.txt pyproject.toml tools/install.py
	@$(PYTHON) tools/install.py

node_modules/.installed: package.json package-lock.json
	npm ci --silent
	@touch $@

$(BOOK): .venv/installed $(PACKAGE) $(CHAPTERS) $(PAGES)
	$(QUICK) $(BIN)/python tools/build.py
	@touch $@
