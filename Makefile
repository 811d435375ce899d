# Two commands on a fresh machine: `make demo` and `make test`. Everything lands in .venv and build/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := build/demo

.PHONY: demo test test-all fuzz lint docs wheel clean

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

# Photos -> fakes -> train, prune, quantization-aware -> int8 with gates -> check photos never trained on. Then what anybody's
# pictures get: a set of larger ones, tiles and a schedule that follow them by themselves, and what the run is worth.
demo: $(VENV)/.installed
	rm -rf $(DEMO)
	$(BIN)/fakelens synthesize builtin -o $(DEMO)/data
	$(BIN)/fakelens train $(DEMO)/data --recipe demo -o $(DEMO)/run
	$(BIN)/fakelens convert $(DEMO)/run --int8 --max-drop 2 -o $(DEMO)/demo.tflite
	$(BIN)/fakelens bench $(DEMO)/demo.tflite --data $(DEMO)/data --split test
	$(BIN)/fakelens check $(DEMO)/data/test --model $(DEMO)/demo.tflite --csv --html $(DEMO)/checked.html > $(DEMO)/checked.csv
	$(BIN)/fakelens synthesize builtin --tile-size 160 --tiles-per-photo 8 --steps 60 -o $(DEMO)/pictures
	$(BIN)/fakelens train $(DEMO)/pictures --epochs 2 --set data.histories=1 -o $(DEMO)/pictures-run
	@echo
	@echo "model:    $(DEMO)/demo.tflite"
	@echo "training: $(DEMO)/run/report.html, and of larger pictures $(DEMO)/pictures-run/report.html"
	@echo "verdicts on photos that training never saw: $(DEMO)/checked.html"

test: $(VENV)/.installed
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile  # a worker a core; a file stays with its fixtures

# What `make test` leaves out too: installing the wheel, the README's longer commands, tests on data (train/recipes/README.md).
test-all: $(VENV)/.installed
	$(BIN)/python -m pytest

# Damaged pictures and models by the thousand, kill -9 at random moments; writes the tables of docs/reliability.md.
# It can be stopped, and goes on where it was as long as the code is the same: `make fuzz MINUTES=30`.
FUZZ ?= 100000 10000 30
MINUTES ?= 100000
fuzz: $(VENV)/.installed
	$(BIN)/python -m tests.fuzz.campaign $(FUZZ) --page docs/reliability.md --state build/fuzz.json --minutes $(MINUTES)

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	mkdir -p build/typing/fakelens
	for package in edge_runtime benchmarks convert train; do ln -sfn ../../../$$package build/typing/fakelens/$$package; done
	$(BIN)/mypy -p fakelens.edge_runtime -p fakelens.benchmarks -p fakelens.convert -p fakelens.train

# The pages as a site, build/site/index.html; a dead link is an error.
docs: $(VENV)/.installed
	$(BIN)/mkdocs build --strict --quiet

# One file for other machines: dist/fakelens-*-py3-none-any.whl. Leftovers of an earlier build would get into it.
wheel: $(VENV)/.installed
	rm -rf build/lib build/bdist.*
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
