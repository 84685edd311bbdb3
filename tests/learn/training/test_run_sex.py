"""A bundle of speakers' sex from recipe to bundle, on the made corpora."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotrace.bundle import load_bundle, verify_bundle
from emotrace.errors import RecipeError
from emotrace.learn.evaluation.split import Split
from emotrace.learn.training.carried import Carried
from emotrace.learn.training.data import gather
from emotrace.learn.training.examples import make_sex_examples
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.pack import build_pack, versions_of
from emotrace.learn.training.run import run

Told = list[tuple[str, Mapping[str, Any]]]


@pytest.fixture(scope="module")
def sex_recipe(tiny_recipe: Any) -> Recipe:
    recipe = tiny_recipe(
        model={"name": "statistics-mlp", "hidden": (8,)},
        augment={"speeds": (1.0,), "telephone_probability": 0.0, "noisy_versions": 0, "noisy_probability": 0.0},
        statistics={"steps": 2},
    )
    return replace(recipe, kind="sex")


@pytest.fixture(scope="module")
def carried(sex_recipe: Recipe, corpora: Path) -> Carried:
    utterances = gather(sex_recipe.data, corpora)
    return Carried(utterances, build_pack(utterances, versions_of(sex_recipe)), corpora)


@pytest.fixture(scope="module")
def finished(
    sex_recipe: Recipe, carried: Carried, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Split, Told]:
    folder, told = tmp_path_factory.mktemp("sex"), []
    _, split = run(sex_recipe, None, folder, lambda *line: told.append(line), carried)
    return folder, split, told


def test_writes_a_sound_bundle_of_its_kind(finished):
    folder, _, told = finished
    checks = verify_bundle(folder / "bundle")
    assert all(check.passed for check in checks), checks[-1]
    card = load_bundle(folder / "bundle").card
    assert (card.kind, card.labels, card.default_labels) == ("sex", ("female", "male"), "all")
    assert set(card.calibration) == {"temperature"}
    assert card.training["recipe"]["kind"] == "sex"
    assert [entry["labels"] for entry in card.corpora] == [["female", "male"]] * 2
    assert "calibration" in dict(told)


def test_examples_are_labelled_by_the_speaker_and_may_be_answered_with_both(carried):
    examples = make_sex_examples(carried.utterances, carried.pack)
    assert examples.labels == ("female", "male")
    assert [examples.labels[i] for i in examples.truth] == [u.sex for u in carried.utterances]
    assert examples.allowed.all()


def test_clips_of_unknown_sex_are_left_out_and_told(sex_recipe, carried, tmp_path):
    speaker = "ravdess:05"
    unknown = [replace(u, sex=None) if u.speaker == speaker else u for u in carried.utterances]
    told: Told = []
    bundle, _ = run(
        sex_recipe, None, tmp_path, lambda *line: told.append(line), replace(carried, utterances=unknown)
    )
    assert dict(told)["left out"] == {"clips": 6, "reason": "nobody says the speaker's sex"}
    sides = [bundle.card.split[f"{side}_speakers"] for side in ("train", "validation", "test")]
    assert not any(speaker in side for side in sides)


def test_the_graph_gives_probabilities_of_two(finished):
    bundle = load_bundle(finished[0] / "bundle")
    noise = np.random.default_rng(0).normal(0.0, 0.1, (2, 16_000)).astype(np.float32)
    assert bundle.predict(noise).sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-4)


def test_a_recipe_of_sex_shows_both_labels(sex_recipe):
    with pytest.raises(RecipeError, match=r"key 'export\.default_labels' must be 'all' for kind 'sex'"):
        replace(sex_recipe, export=replace(sex_recipe.export, default_labels="big6"))
