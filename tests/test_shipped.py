"""What is shipped is what is claimed: bundles, their cards, and the figures on the pages."""

from __future__ import annotations

import json
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


@pytest.mark.parametrize("name", ["default", "sex", "speech"])
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


@pytest.mark.parametrize("name", ["default", "sex"])
def test_every_corpus_has_a_score_on_held_out_speakers(name):
    card = load_bundle(name).card
    assert set(card.metrics) == {*(entry["name"] for entry in card.corpora), "pooled"}
    for scores in card.metrics.values():
        assert 0.0 < scores["unweighted_average_recall"]["value"] <= 1.0
        assert scores["n_speakers"] >= 1


def test_the_pages_show_the_results_as_they_are():
    check = [sys.executable, str(ROOT / "benchmarks" / "tables.py"), "--check"]
    assert subprocess.run(check, capture_output=True, text=True).stderr == ""


def test_the_bundle_of_sex_is_small_and_its_report_is_its_own():
    bundle = load_bundle("sex")
    assert len(bundle.model_bytes) <= 3_000_000
    assert (bundle.card.kind, bundle.card.labels) == ("sex", ("female", "male"))
    report = json.loads((ROOT / "benchmarks" / "results" / "speaker_sex.json").read_text(encoding="utf-8"))
    assert report["model_sha256"] == bundle.card.files["model.onnx"]["sha256"]
    assert set(report["corpora"]) == set(bundle.card.metrics) - {"pooled"}
    for name, scores in {**report["corpora"], "pooled": report["pooled"]}.items():
        claimed = bundle.card.metrics[name]
        assert claimed["accuracy"]["value"] == pytest.approx(scores["accuracy"]["value"], abs=1e-4)
        assert (claimed["n"], claimed["n_no_speech"]) == (scores["n"], scores["n_no_speech"])


@pytest.fixture
def ravdess() -> Path:
    root = Path(os.environ.get("EMOTRACE_CORPORA", "")) / "ravdess"
    if "EMOTRACE_CORPORA" not in os.environ or not root.is_dir():
        pytest.skip("EMOTRACE_CORPORA names no folder with ravdess")
    return root


@pytest.mark.corpora
def test_speaker_sex_is_heard_as_often_as_the_card_says(ravdess):
    recogniser = emotrace.load(speaker_sex=True)
    card = recogniser.sex_bundle.card
    held_out = [u for u in scan("ravdess", ravdess).utterances if u.speaker in card.split["test_speakers"]]
    shares = [recogniser.predict(u.file).speaker_sex for u in held_out]
    right = [bool(said) and max(said, key=said.get) == u.sex for said, u in zip(shares, held_out, strict=True)]
    assert len(held_out) == card.metrics["ravdess"]["n"]
    assert sum(right) / len(right) == pytest.approx(card.metrics["ravdess"]["accuracy"]["value"], abs=0.01)


@pytest.mark.corpora
def test_the_card_s_figure_is_what_the_bundle_does(ravdess):
    recogniser = emotrace.load(labels="ravdess8")
    card = recogniser.bundle.card
    held_out = [u for u in scan("ravdess", ravdess).utterances if u.speaker in card.split["test_speakers"]]
    heard = [recogniser.predict(u.file).emotion for u in held_out]
    claimed = card.metrics["ravdess"]["unweighted_average_recall"]["value"]
    assert len(held_out) == card.metrics["ravdess"]["n"]
    assert unweighted_average_recall([u.emotion for u in held_out], heard) == pytest.approx(claimed, abs=0.01)
