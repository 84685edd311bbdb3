from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from emotrace.errors import ReportError, UnknownNameError, UsageError
from emotrace.learn.benchmark.judged_fold import ANSWERS, write_fold
from emotrace.learn.benchmark.plan import Run, plan_benchmark
from emotrace.learn.training.data import relative_name
from emotrace.learn.training.network_recipe import Model, Training
from emotrace.learn.training.recipe_sections import Export
from emotrace.learn.training.speech_recipe import SpeechRecipe


def test_folds_are_those_of_the_protocol(plan):
    assert {number: split.name for number, split in plan.splits.items()} == {
        n: f"joint-6/fold-{n}" for n in range(1, 7)
    }
    assert plan.labels is None
    assert plan.clips(plan.splits[1].test) == list(plan.splits[1].test)


def test_whole_corpora_are_judged_by_the_labels_that_all_have(recipe, corpora):
    plan = plan_benchmark(recipe, "leave-one-corpus-out", corpora)
    assert [split.name.rpartition("/")[2] for split in plan.splits.values()] == ["ravdess", "savee", "tess"]
    assert plan.labels == ("neutral", "happiness", "sadness", "anger")
    kept = plan.clips(plan.splits[1].test)
    assert {u.emotion for u in kept} == set(plan.labels)
    assert len(kept) == len(plan.splits[1].test) // 2


def test_the_recipe_of_a_run_has_its_fold_and_seed(plan):
    own = plan.recipe_of(Run(7, 3))
    assert (own.data.fold, own.training.seed, own.data.protocol) == (3, 7, "joint-6")
    assert replace(own, data=plan.recipe.data, training=plan.recipe.training) == plan.recipe


def test_runs_go_seed_by_seed_and_once(plan):
    assert plan.runs([2, 1, 2], [3, 1, 3]) == [Run(2, 1), Run(2, 3), Run(1, 1), Run(1, 3)]
    assert [run.fold for run in plan.runs([1], [])] == [1, 2, 3, 4, 5, 6]


def test_a_fold_that_is_not_there(plan):
    with pytest.raises(UsageError) as error:
        plan.runs([1], [2, 9])
    assert str(error.value) == ("--fold 9: with these speakers protocol 'joint-6' has the folds 1, 2, 3, 4, 5, 6")


def test_protocols_that_cannot_be(recipe, corpora):
    with pytest.raises(
        UnknownNameError, match="no speaker-independent protocol named 'joint6'; did you mean 'joint-6'"
    ):
        plan_benchmark(recipe, "joint6", corpora)
    with pytest.raises(UnknownNameError, match="no speaker-independent protocol named 'random-leaky'"):
        plan_benchmark(recipe, "random-leaky", corpora)
    speech = SpeechRecipe(data=recipe.data, export=recipe.export)
    with pytest.raises(UsageError, match="for recipes of kind 'emotion'; this one is of kind 'speech'"):
        plan_benchmark(speech, "joint-6", corpora)


def test_a_run_is_known_by_recipe_and_speech_wherever_they_lie(plan, recipe, corpora, tmp_path):
    own = plan.identity(Run(1, 1))
    assert own not in {plan.identity(Run(2, 1)), plan.identity(Run(1, 2))}
    shutil.copytree(corpora, tmp_path / "moved")
    assert plan_benchmark(recipe, "joint-6", tmp_path / "moved").identity(Run(1, 1)) == own
    renamed = replace(recipe, export=Export(name="other", description="words", licence="CC0-1.0"))
    assert plan_benchmark(renamed, "joint-6", corpora).identity(Run(1, 1)) == own
    for changed in (
        replace(recipe, training=Training(epochs=3)),
        replace(recipe, model=Model(dropout=0.5)),
        replace(recipe, export=Export(name="made", window_seconds=4.0)),
    ):
        assert plan_benchmark(changed, "joint-6", corpora).identity(Run(1, 1)) != own
    (tmp_path / "moved/savee/DC/a01.wav").unlink()
    assert plan_benchmark(recipe, "joint-6", tmp_path / "moved").identity(Run(1, 1)) != own


def test_what_lies_in_a_folder_is_sorted_into_own_and_others(plan, make_fold, tmp_path):
    for fold in (make_fold(1, 2), make_fold(2, 1), make_fold(1, 4, identity="of another recipe")):
        folder = Run(fold.seed, fold.fold).folder(tmp_path)
        folder.mkdir(parents=True)
        write_fold(fold, folder)
    (tmp_path / "seed-1/fold-3").mkdir()
    (tmp_path / "seed-x/fold-3").mkdir(parents=True)
    (tmp_path / "seed-x/fold-3" / ANSWERS).touch()
    own, others = plan.find(tmp_path)
    assert [(fold.seed, fold.fold) for fold in own] == [(1, 2), (2, 1)]
    assert others == [tmp_path / "seed-1/fold-4"]
    assert plan.read(Run(1, 3), tmp_path) is None
    (tmp_path / "seed-1/fold-2" / ANSWERS).write_text("{", encoding="utf-8")
    with pytest.raises(ReportError, match="cannot be read"):
        plan.read(Run(1, 2), tmp_path)


def test_files_elsewhere_keep_their_names(corpora):
    assert relative_name(str(corpora / "tess/x.wav"), corpora) == "tess/x.wav"
    assert relative_name("mine/x.wav", corpora) == "mine/x.wav"
    assert relative_name("mine/x.wav", None) == "mine/x.wav"
