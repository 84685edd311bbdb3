"""The figures that ship are those that were committed, and belong to the model that ships."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from emotrace.app.judging.figures import figures_of, read_reproduction
from emotrace.bundle import load_bundle

ROOT = Path(__file__).resolve().parents[3]
SOURCES = (
    "benchmarks/results/default.json",
    "benchmarks/results/robustness.json",
    "benchmarks/results/baseline.json",
    "docs/reproduction.json",
)


@pytest.mark.parametrize("source", SOURCES)
def test_what_ships_is_what_was_committed(source: str):
    if not (ROOT / "benchmarks").is_dir():
        pytest.skip("only the repository holds the originals")
    path = ROOT / source
    shipped = files("emotrace.app") / "assets" / "results" / path.name
    assert shipped.is_file() == path.is_file(), "run: python benchmarks/ship_results.py"
    if path.is_file():
        assert shipped.read_bytes() == path.read_bytes(), "run: python benchmarks/ship_results.py"


def test_figures_are_of_the_very_model():
    card = load_bundle().card
    figures = figures_of(card)
    assert figures.evaluation is not None
    assert figures.evaluation["pooled"]["n"] > 1000
    other = replace(card, files={"model.onnx": {"sha256": "0" * 64, "bytes": 1}})
    assert figures_of(other).evaluation is None
    assert figures_of(other).baseline is None
    assert figures_of(load_bundle("speech").card).evaluation is None
    table = read_reproduction()
    assert table is not None
    assert table["claims"]
