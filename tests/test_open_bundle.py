"""The bundle `open`: of corpora that permit commercial use, and found wherever a model may be named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import emotrace
from emotrace.bundle import Bundle, load_bundle
from emotrace.cli import model
from emotrace.errors import LabelError
from emotrace.learn.training.recipe import read_recipe

LABELS = {"neutral", "happiness", "sadness", "anger", "fear", "disgust", "boredom"}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle("open")


def test_it_was_made_by_its_recipe_of_its_corpora_alone(bundle):
    card, recipe = bundle.card, read_recipe("open")
    assert card.name == "open"
    assert {entry["name"] for entry in card.corpora} == set(recipe.data.corpora) == {"crema-d", "emo-db"}
    assert card.training["recipe"]["data"]["corpora"] == list(recipe.data.corpora)
    assert card.licence == recipe.export.licence
    for side in ("train", "validation", "test"):
        assert {s.partition(":")[0] for s in card.split[f"{side}_speakers"]} == set(recipe.data.corpora)
    assert set(card.metrics) == {"crema-d", "emo-db", "pooled"}
    assert all(scores["unweighted_average_recall"]["value"] > 0.5 for scores in card.metrics.values())


def test_its_licence_permits_commercial_use_and_names_both_corpora(bundle):
    text = (bundle.path / "LICENSE").read_text(encoding="utf-8")
    for words in ("CREMA-D", "EMO-DB", "ODbL", "commercially", "Contains information from CREMA-D"):
        assert words in text
    assert "non-commercial" not in text + bundle.card.licence


def test_it_is_small(bundle):
    assert len(bundle.model_bytes) <= 8_000_000


def test_it_is_listed_beside_the_default_one():
    result = CliRunner().invoke(model.command, ["list", "-f", "json"])
    listed = {each["name"]: each for each in json.loads(result.stdout)}
    assert set(listed) == {"default", "open", "sex", "speech"}
    assert [listed[name]["allows_commercial_use"] for name in ("default", "open")] == [False, True]
    assert listed["open"]["scores"]["pooled"] > 0.5


def test_it_hears_the_demo_call_and_says_only_what_it_was_taught(bundle):
    call = Path(emotrace.__file__).parent / "assets" / "demo-call.flac"
    shown = emotrace.load("open").analyze(call, channel=1)
    assert shown.model == "open"
    assert set(shown.labels) == LABELS - {"boredom"}
    assert {p.emotion for p in shown.predictions} <= {*shown.labels, "no speech"}
    assert set(emotrace.load("open", labels="all").labels) == LABELS
    with pytest.raises(LabelError, match="'big6\\+neutral' needs surprise, which this model does not give"):
        emotrace.load("open", labels="big6+neutral")
