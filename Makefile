# `make demo` and `make test` do all the set-up themselves, in an environment of their own.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Linux without a GPU: make test PIP_TORCH="--index-url https://download.pytorch.org/whl/cpu" spares gigabytes.
PIP_TORCH ?=
TORCH := torch==2.13.0
# The pages are tried in a real browser; where there is none and none can be had, those tests are skipped.
BROWSER := command -v chromium chromium-browser google-chrome >/dev/null 2>&1 || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -qq -y chromium; } || \
	echo "no Chromium: the tests of the pages will be skipped"

.PHONY: demo test lint benchmarks clean

demo: $(VENV)/.demo-ready
	$(BIN)/emotrace analyze src/emotrace/assets/demo-call.flac --channel each
	@echo
	@echo "A staged call, made with a speech synthesiser: the agent is channel 0, the caller channel 1."
	@echo "Now your own recording:"
	@echo "    $(BIN)/emotrace analyze YOUR-FILE.wav"
	@echo "    $(BIN)/emotrace predict CLIP.wav ANOTHER.mp3 --format json"
	@echo "    $(BIN)/emotrace --help"

test: $(VENV)/.test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

benchmarks: $(VENV)/.test-ready
	$(BIN)/python benchmarks/start_up.py -o benchmarks/results/start_up.json
	$(BIN)/python benchmarks/analyze.py -o benchmarks/results/analyze.json
	$(BIN)/python benchmarks/install_size.py -o benchmarks/results/install_size.json
	$(BIN)/python benchmarks/features.py -o benchmarks/results/features.json
	$(BIN)/python benchmarks/streams.py -o benchmarks/results/streams.json
	$(BIN)/python benchmarks/streams.py -n 50 --together -o benchmarks/results/streams_together.json
	$(BIN)/python benchmarks/server.py -o benchmarks/results/server.json
	$(BIN)/python benchmarks/app.py -o benchmarks/results/app.json
	$(BIN)/python benchmarks/app_live.py -o benchmarks/results/app_live.json
	$(BIN)/emotrace model card default --evaluation benchmarks/results/default.json \
		--robustness benchmarks/results/robustness.json -o docs/model-card.md
	$(BIN)/emotrace model card open --evaluation benchmarks/results/open.json -o docs/model-card-open.md
	$(BIN)/python benchmarks/tables.py
	$(BIN)/python benchmarks/ship_results.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo-ready: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.test-ready: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet $(PIP_TORCH) "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable ".[app,av,loggers,mic,osc,plot,search,server,smile,ssl,train]" --group dev
	$(BROWSER)
	@touch $@ $(VENV)/.demo-ready

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
