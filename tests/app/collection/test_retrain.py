"""What is written to train with really trains: the commands parse, the recipe is read, the split is honest."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from emotrace.app.collection.clips import read_clips, update_clips
from emotrace.app.collection.retrain import list_commands, what_is_missing
from emotrace.learn.training.data import divide, gather
from emotrace.learn.training.network_recipe import Recipe
from emotrace.learn.training.recipe import read_recipe
from emotrace.manifest import read_manifest

SEVEN = ["a", "b", "c", "d", "e", "f", "g"]


def give_clips(contribute, people: list[str]) -> None:
    for person in people:
        for emotion in ("anger", "sadness"):
            contribute(person, emotion)


def commands_of(collection) -> list[list[str]]:
    return [shlex.split(each.line) for each in list_commands(collection, read_clips(collection), "default")]


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    assert arguments[0] == "emotrace"
    command = [sys.executable, "-m", "emotrace", *arguments[1:]]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_nothing_is_promised_of_nothing(collection):
    assert list_commands(collection, [], "default") == []


def test_the_recipe_divides_the_people_honestly(collection, contribute):
    give_clips(contribute, SEVEN)
    train, old, new, compare = commands_of(collection)
    recipe = read_recipe(train[2])
    assert isinstance(recipe, Recipe)
    shipped = read_recipe("default")
    assert replace(recipe, data=shipped.data, export=shipped.export) == shipped
    utterances = gather(recipe.data, None)
    held_out = {clip.speaker for clip in read_manifest(old[3])}
    assert {clip.speaker for clip in utterances}.isdisjoint(held_out)
    assert len(held_out) == 2
    split = divide(recipe.data, utterances)
    assert split.train
    assert split.validation
    assert split.test
    assert new[2] == str(Path(train[train.index("--output") + 1]) / "bundle")
    assert compare[2:4] == [old[-1], new[-1]]
    assert what_is_missing(collection, read_clips(collection)) == []


def test_the_commands_are_understood(collection, contribute):
    give_clips(contribute, SEVEN[:2])
    _, old, _, _ = commands_of(collection)
    done = run(old)
    assert done.returncode == 0, done.stderr
    assert "contributed" in done.stdout
    assert (Path(old[-1]) / "report.json").is_file()


def test_other_clips_are_another_run(collection, contribute):
    give_clips(contribute, SEVEN[:2])
    before = commands_of(collection)
    assert commands_of(collection) == before
    contribute("a", "fear")
    assert commands_of(collection)[0][-1] != before[0][-1]


def test_what_is_missing_is_said(collection, contribute):
    give_clips(contribute, SEVEN[:1])
    alone, nobody = what_is_missing(collection, read_clips(collection))
    assert alone.startswith("Training on these clips alone needs 5 people besides those held out; there is 1.")
    assert nobody.startswith("Nobody is held out yet: the second person will be")
    assert len(commands_of(collection)) == 1


def test_corpora_that_are_there_are_trained_on(collection, contribute, tmp_path):
    for name in ("ravdess", "crema-d", "something-else"):
        (tmp_path / "corpora" / name).mkdir(parents=True)
    with_corpora = replace(collection, corpora=tmp_path / "corpora")
    give_clips(contribute, SEVEN[:2])
    update_clips(with_corpora, lambda clips: clips)
    train = commands_of(with_corpora)[0]
    recipe = read_recipe(train[2])
    assert recipe.data.corpora == ("ravdess", "crema-d")
    assert set(recipe.data.weights) == {"ravdess", "crema-d", "contributed"}
    assert recipe.data.weights["contributed"] == pytest.approx(2 * 0.0005 * (0.27 + 0.30), abs=1e-6)
    assert recipe.data.exclude == ("1076_MTI_SAD_XX",)
    assert train[train.index("--corpora") + 1] == str(tmp_path / "corpora")


@pytest.mark.corpora
def test_real_corpora_and_own_clips_are_divided(collection, contribute):
    root = Path(os.environ.get("EMOTRACE_CORPORA", "/nowhere"))
    if not (root / "ravdess").is_dir():
        pytest.skip("needs EMOTRACE_CORPORA with ravdess")
    give_clips(contribute, SEVEN[:2])
    with_corpora = replace(collection, corpora=root)
    update_clips(with_corpora, lambda clips: clips)
    recipe = read_recipe(commands_of(with_corpora)[0][2])
    assert isinstance(recipe, Recipe)
    utterances = gather(recipe.data, root)
    assert sum(clip.corpus == "contributed" for clip in utterances) == 2
    split = divide(recipe.data, utterances)
    assert {clip.corpus for clip in split.train} >= {"ravdess"}
