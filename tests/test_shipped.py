"""What is shipped is what is claimed: bundles, their cards, and the figures on the pages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import emotrace
from emotrace.bundle import load_bundle
from emotrace.learn.corpora import scan
from emotrace.learn.evaluation.metrics import unweighted_average_recall

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ["default", "speech"])
def test_a_shipped_bundle_is_small_and_says_what_it_is(name):
    bundle = load_bundle(name)
    card = bundle.card
    assert len(bundle.model_bytes) <= 8_000_000
    assert "non-commercial" in card.licence
    assert (bundle.path / "LICENSE").exists()
    assert all(entry["licence"] and entry["citation"] for entry in card.corpora)
    assert card.metrics
    sides = [set(card.split[f"{side}_speakers"]) for side in ("train", "validation", "test")]
    assert all(sides)
    assert not any(a & b for a in sides for b in sides if a is not b)


def test_every_corpus_has_a_score_on_held_out_speakers():
    card = load_bundle("default").card
    assert set(card.metrics) == {*(entry["name"] for entry in card.corpora), "pooled"}
    for scores in card.metrics.values():
        assert 0.0 < scores["unweighted_average_recall"]["value"] < 1.0
        assert scores["n_speakers"] >= 1


def test_the_pages_show_the_results_as_they_are():
    check = [sys.executable, str(ROOT / "benchmarks" / "tables.py"), "--check"]
    assert subprocess.run(check, capture_output=True, text=True).stderr == ""


@pytest.mark.corpora
def test_the_card_s_figure_is_what_the_bundle_does():
    root = Path(os.environ.get("EMOTRACE_CORPORA", "")) / "ravdess"
    if "EMOTRACE_CORPORA" not in os.environ or not root.is_dir():
        pytest.skip("EMOTRACE_CORPORA names no folder with ravdess")
    recogniser = emotrace.load(labels="ravdess8")
    card = recogniser.bundle.card
    held_out = [u for u in scan("ravdess", root).utterances if u.speaker in card.split["test_speakers"]]
    heard = [recogniser.predict(u.file).emotion for u in held_out]
    claimed = card.metrics["ravdess"]["unweighted_average_recall"]["value"]
    assert len(held_out) == card.metrics["ravdess"]["n"]
    assert unweighted_average_recall([u.emotion for u in held_out], heard) == pytest.approx(claimed, abs=0.01)
