"""From a recipe with [features] to a bundle: every kind of model, searches, copies, and wrong recipes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tests.learn.training.conftest import write_corpora
from tests.tiny_bundles import make_speech_bundle

from emotrace.bundle import verify_bundle
from emotrace.errors import RecipeError, TrainingError, UnknownNameError, UsageError
from emotrace.hear.recognizer import Recogniser
from emotrace.learn.training.feature_recipe import FeatureRecipe
from emotrace.learn.training.recipe import read_recipe, recipe_to_dict
from emotrace.learn.training.run import run
from emotrace.learn.training.run_features import SEARCH_FILE

RECIPE = """
[data]
corpora = ["ravdess"]

[features]
set = "means184"
trim_db = 60.0

[model]
name = "logistic"

[export]
name = "mine"
"""


class Told(list[tuple[str, dict[str, Any]]]):
    """What a run has reported."""

    def __call__(self, stage: str, numbers: Mapping[str, Any]) -> None:
        self.append((stage, dict(numbers)))

    def of(self, stage: str) -> list[dict[str, Any]]:
        return [numbers for name, numbers in self if name == stage]


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    # One for all tests of this file: that what was measured is found again is part of what is tested.
    monkeypatch.setenv("EMOTRACE_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def read(tmp_path: Path, text: str) -> FeatureRecipe:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    recipe = read_recipe(str(path))
    assert isinstance(recipe, FeatureRecipe)
    return recipe


def with_model(features: str, name: str, params: str = "") -> str:
    return RECIPE.replace('"means184"\ntrim_db = 60.0', features).replace(
        'name = "logistic"', f'name = "{name}"\n[model.params]\n{params}'
    )


@pytest.mark.parametrize(
    ("features", "model", "params"),
    [
        ('"means184"', "two-step", 'inner = "logistic"'),
        ('"means180"', "light-gbm", "min_child_samples = 2"),
        ('"means184"', "conv1d", "epochs = 12\nlearning_rate = 1e-3"),
        ('"mfcc-frames"', "gru", "units = 16\nepochs = 12\nlearning_rate = 1e-2"),
        ('"mel-image"', "cnn2d", "epochs = 12"),
    ],
)
def test_every_kind_of_model_becomes_a_bundle_that_hears(
    corpora: Path, tmp_path: Path, features: str, model: str, params: str
) -> None:
    recipe = read(tmp_path, with_model(features, model, params))
    bundle, split = run(recipe, corpora, tmp_path / "run", Told())
    assert verify_bundle(bundle.path)[-1].passed
    assert bundle.card.training["recipe"] == recipe_to_dict(recipe)
    assert bundle.card.split["test_speakers"] == sorted({u.speaker for u in split.test})
    recogniser = Recogniser(bundle, make_speech_bundle(tmp_path / "speech"), "all")
    right = [recogniser.predict(u.file).emotion == u.emotion for u in split.test]
    assert np.mean(right) > 0.6, right


def test_copies_are_made_of_training_clips_alone(corpora: Path, tmp_path: Path) -> None:
    plan = '[augmentation]\nplan = "quality-assurance"\n\n[export]'
    told = Told()
    _, split = run(read(tmp_path, RECIPE.replace("[export]", plan)), corpora, tmp_path / "run", told)
    n_rows = 3 * len(split.train) + len(split.validation)
    assert told.of("features")[-1] == {"clips": n_rows, "of": n_rows}


def test_a_search_goes_on_and_is_told_in_the_card(corpora: Path, tmp_path: Path) -> None:
    search = '[search]\nmethod = "random"\nn_trials = 4\nn_folds = 2\n\n[export]'
    recipe = read(tmp_path, RECIPE.replace("[export]", search))

    def stop(stage: str, numbers: Mapping[str, Any]) -> None:
        if stage == "search" and numbers["trial"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(recipe, corpora, tmp_path / "run", stop)
    assert (tmp_path / "run" / SEARCH_FILE).exists()
    told = Told()
    bundle, _ = run(recipe, corpora, tmp_path / "run", told)
    assert [numbers["trial"] for numbers in told.of("search")] == [3, 4]
    found = bundle.card.training["search"]
    assert len(found["trials"]) == 4
    assert found["folds"] == "speakers"
    assert found["params"] in [trial["params"] for trial in found["trials"]]


def test_more_folds_than_speakers_are_told_before_anything_is_measured(corpora: Path, tmp_path: Path) -> None:
    recipe = read(tmp_path, RECIPE.replace("[export]", "[search]\nn_folds = 50\n[export]"))
    told = Told()
    with pytest.raises(RecipeError, match=r"key 'search\.n_folds': speaker-k-fold with 50 folds .* 5 speakers"):
        run(recipe, corpora, tmp_path / "run", told)
    assert told.of("features") == []


def test_a_grid_of_ones_own_is_tried_whole(corpora: Path, tmp_path: Path) -> None:
    search = (
        '[search]\nmethod = "grid"\nn_folds = 2\nvalues = { C = [0.001, 1.0], solver = ["lbfgs"] }\n\n[export]'
    )
    recipe = read(tmp_path, RECIPE.replace("[export]", search))
    bundle, _ = run(recipe, corpora, tmp_path / "run", Told(), n_jobs=2)
    tried = [trial["params"] for trial in bundle.card.training["search"]["trials"]]
    assert sorted(params["C"] for params in tried) == [0.001, 1.0]
    assert bundle.card.training["search"]["params"] in tried


def test_an_interrupted_network_goes_on(corpora: Path, tmp_path: Path) -> None:
    recipe = read(tmp_path, with_model('"means184"', "conv1d", "epochs = 4"))

    def stop(stage: str, numbers: Mapping[str, Any]) -> None:
        if stage == "epoch" and numbers["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(recipe, corpora, tmp_path / "run", stop)
    told = Told()
    resumed, _ = run(recipe, corpora, tmp_path / "run", told)
    assert [numbers["epoch"] for numbers in told.of("epoch")][-1] == 4
    assert len(told.of("epoch")) < 4
    whole, _ = run(recipe, corpora, tmp_path / "whole", Told())
    assert resumed.model_bytes == whole.model_bytes
    for bundle in (resumed, whole):
        # Without patience the weights are those of the last epoch.
        assert (bundle.card.training["epochs"], bundle.card.training["best_epoch"]) == (4, 4)


def test_a_network_that_stops_early_tells_which_epoch_it_is(corpora: Path, tmp_path: Path) -> None:
    recipe = read(tmp_path, with_model('"means184"', "conv1d", "epochs = 9\npatience = 2"))
    bundle, _ = run(recipe, corpora, tmp_path / "run", Told())
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    best = max(history, key=lambda line: (line["validation_uar"], -line["epoch"]))["epoch"]
    assert (bundle.card.training["epochs"], bundle.card.training["best_epoch"]) == (len(history), best)


def test_epochs_are_told_to_a_logger(corpora: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    recipe = read(tmp_path, with_model('"means184"', "conv1d", "epochs = 2"))
    run(recipe, corpora, tmp_path / "run", Told(), loggers=["tensorboard"])
    assert list((tmp_path / "run" / "network" / "tensorboard").glob("events.*"))


def test_loggers_that_would_have_nothing_to_log(corpora: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"loggers are for networks that a recipe with \[features\] trains"):
        run(read(tmp_path, RECIPE), corpora, tmp_path / "run", Told(), loggers=["tensorboard"])
    network = read(tmp_path, with_model('"means184"', "conv1d", "epochs = 2"))
    with pytest.raises(UnknownNameError, match="no logger named 'tensorbord'; did you mean 'tensorboard'"):
        run(network, corpora, tmp_path / "run", Told(), loggers=["tensorbord"])
    assert not (tmp_path / "run").exists()


def test_an_emotion_that_only_held_out_speakers_say_is_told_before_anything_is_measured(
    corpora: Path, tmp_path: Path
) -> None:
    lonely = shutil.copytree(corpora, tmp_path / "corpora")
    for path in lonely.rglob("03-01-05-*.wav"):
        if path.parent.name not in ("Actor_01", "Actor_11"):
            path.unlink()
    told = Told()
    with pytest.raises(TrainingError, match=r"of anger there are clips of speakers held out \(first .*03-01-05"):
        run(read(tmp_path, RECIPE), lonely, tmp_path / "run", told)
    assert told.of("features") == []


def test_rounds_of_boosting_are_kept(corpora: Path, tmp_path: Path) -> None:
    recipe = read(tmp_path, with_model('"means184"', "light-gbm", "min_child_samples = 2\nn_estimators = 20"))
    bundle, _ = run(recipe, corpora, tmp_path / "run", Told())
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert [line["round"] for line in history] == list(range(1, 21))
    assert history[-1]["validation_uar"] == pytest.approx(bundle.card.training["validation_uar"], abs=1e-4)
    assert "epochs" not in bundle.card.training


def test_what_cannot_be_measured_is_left_out_by_name(tmp_path: Path) -> None:
    root = write_corpora(tmp_path / "corpora")
    short = next((root / "ravdess").rglob("*-05.wav"))
    soundfile.write(short, np.zeros(10, dtype=np.float32), 16_000)
    told = Told()
    recipe = read(tmp_path, RECIPE.replace('"means184"\ntrim_db = 60.0', '"speech-encoder"'))
    bundle, split = run(recipe, root, tmp_path / "run", told)
    assert [entry["file"] for entry in told.of("left out")] == [str(short)]
    n_learnt = sum(corpus["n_utterances"] for corpus in bundle.card.corpora)
    assert n_learnt in (len(split.train) - 1, len(split.train))
    for number, file in enumerate((root / "ravdess").rglob("*.wav")):
        soundfile.write(file, np.full(10, 0.01 * number, dtype=np.float32), 16_000)
    with pytest.raises(TrainingError, match=r"none of the \d+ clips can be used"):
        run(recipe, root, tmp_path / "other", Told())


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('"means184"', '"means183"', r"\[features\]: key 'set': no feature set named 'means183'; did you mean"),
        ("60.0", "-1", r"\[features\]: key 'trim_db' must be above 0"),
        ('"logistic"', '"logistik"', r"\[model\]: key 'name' names 'logistik'; did you mean 'logistic'"),
        ('"logistic"', '"two-views"', r"\[model\]: key 'name': the model 'two-views' takes waveforms"),
        ('"logistic"', '"logistic"\npreset = "s5"', r"\[model\]: key 'preset': .*named 's5'; known: s4, s4"),
        (
            '"logistic"',
            '"logistic"\n[model.params]\nc = 1',
            r"\[model\]: key 'params': .*no parameter 'c'; known: C",
        ),
        (
            '"logistic"',
            '"random-forest"\n[model.params]\nn_estimators = "many"',
            r"key 'params': the model 'random-forest' cannot be built: The 'n_estimators' parameter .* be an int",
        ),
        (
            "[export]",
            "[search]\nvalues = { C = [1, -5] }\n[export]",
            r"key 'search.values.C': the model 'logistic' cannot be built: The 'C' parameter .* Got -5",
        ),
        ('"logistic"', '"logistic"\n[model.params]\nC = 1979-05-27', r"key 'params'.C must be a text, a number"),
        (
            '"logistic"',
            '"cnn2d"',
            r"key 'features.set': the model 'cnn2d' takes an image .* as mel-image",
        ),
        (
            '"means184"',
            '"mel-frames"',
            r"key 'features.set': the model 'logistic' takes a row .* frames; write",
        ),
        (
            "[export]",
            "[search]\nmethod = 'gird'\n[export]",
            r"\[search\]: key 'method' names 'gird'; did you mean",
        ),
        ("[export]", "[search]\nspace = 's3'\n[export]", r"key 'search.space': .*no search space 's3'; .*s4"),
        ("[export]", "[search]\nvalues = { C = 1 }\n[export]", r"key 'values.C' must be a list of what"),
        (
            "[export]",
            "[search]\nvalues = { c = [1] }\n[export]",
            r"key 'search.values.c': .* no parameter 'c'; known: C",
        ),
        ("[export]", "[augmentation]\nplan = 'avatr'\n[export]", r"key 'plan': .*'avatr'; did you mean 'avatar'"),
        ("[features]", "[data.weights]\nravdess = 1\n[features]", "key 'data.weights' is for networks that learn"),
        ("[data]", "kind = 'sex'\n[data]", r"key 'kind' must be 'emotion' beside \[features\]"),
    ],
)
def test_a_wrong_recipe_says_what_may_stand(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        read(tmp_path, RECIPE.replace(before, after))


def test_a_model_of_features_without_features_is_told_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[data]\ncorpora = ["savee"]\n[model]\nname = "random-forest"\n[export]\nname = "mine"\n')
    with pytest.raises(
        RecipeError, match=r"'random-forest', which learns from features: add \[features\] with 'set'"
    ):
        read_recipe(str(path))
