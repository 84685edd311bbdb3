"""The perceptrons on statistics, and both views together, on made speakers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from emotrace.errors import TrainingError
from emotrace.learn.training.fit import load_weights, run_identity
from emotrace.learn.training.fit_statistics import fit_statistics
from emotrace.learn.training.fit_views import SHARES, fit_views
from emotrace.learn.training.network_scores import predict_logits, validation_scores
from emotrace.learn.training.pack import Versions, build_pack, versions_of


def ignore(_stage: str, _line: Any) -> None:
    pass


@pytest.fixture(scope="module")
def recipe(tiny_recipe: Any) -> Any:
    return tiny_recipe(model={"name": "two-views"})


@pytest.fixture(scope="module")
def fitted(recipe: Any, sides: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[torch.nn.Module, Path]:
    path = tmp_path_factory.mktemp("fitted") / "statistics.pt"
    return fit_statistics(recipe, sides["train"], path, "this run", "cpu")[0], path


def test_learns_to_tell_emotions_of_speakers_never_heard(fitted, sides):
    scores = validation_scores(fitted[0], sides["test"])
    # Chance is a third among each corpus's three emotions.
    assert min(scores.values()) > 0.6, scores


def test_what_was_fitted_is_read_again(fitted, recipe, sides):
    network, path = fitted
    before = path.stat().st_mtime_ns
    again, seconds = fit_statistics(recipe, sides["train"], path, "this run", "cpu")
    # How long it took then, not how long it took to read.
    assert seconds == load_weights(path, "cpu")["seconds"] > 0.1
    assert path.stat().st_mtime_ns == before
    for name, weights in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], weights), name


def test_the_same_seed_gives_the_same_and_another_run_is_fitted_anew(fitted, recipe, sides, tmp_path):
    same, _ = fit_statistics(recipe, sides["train"], tmp_path / "a.pt", "x", "cpu")
    other, _ = fit_statistics(
        replace(recipe, training=replace(recipe.training, seed=7)), sides["train"], tmp_path / "a.pt", "y", "cpu"
    )
    first = "members.0.1.weight"
    assert torch.equal(same.state_dict()[first], fitted[0].state_dict()[first])
    assert not torch.equal(other.state_dict()[first], same.state_dict()[first])


def test_a_damaged_file_is_told(recipe, sides, tmp_path):
    (tmp_path / "statistics.pt").write_bytes(b"no weights")
    with pytest.raises(
        TrainingError, match=r"statistics\.pt cannot be read; choose another output folder or delete"
    ):
        fit_statistics(recipe, sides["train"], tmp_path / "statistics.pt", "x", "cpu")


def test_both_views_are_fitted_and_share_what_is_said(recipe, sides, tmp_path):
    told: list[Any] = []
    fitted = fit_views(
        recipe, sides["train"], sides["validation"], tmp_path, lambda _stage, line: told.append(line)
    )
    assert [line.get("view", "epoch") for line in told] == ["statistics", "epoch", "epoch", "both"]
    assert fitted.network.share.item() in [pytest.approx(share) for share in SHARES]
    scores = validation_scores(fitted.network, sides["validation"])
    assert fitted.validation_score == pytest.approx(np.mean(list(scores.values())))
    assert told[-1]["validation_uar"] == pytest.approx(fitted.validation_score, abs=1e-4)
    # Ended, it is not done again.
    again = fit_views(recipe, sides["train"], sides["validation"], tmp_path, ignore)
    for name, weights in fitted.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], weights), name


def test_statistics_alone(tiny_recipe, sides, tmp_path):
    recipe = tiny_recipe(model={"name": "statistics-mlp"})
    fitted = fit_views(recipe, sides["train"], sides["validation"], tmp_path, ignore)
    assert (fitted.n_epochs, fitted.best_epoch) == (0, 0)
    assert fitted.validation_score > 0.6
    assert not (tmp_path / "checkpoint.pt").exists()


def test_the_speech_encoder_is_heard_beside_the_voice(tiny_recipe, split, sides, tmp_path):
    recipe = tiny_recipe(model={"name": "statistics-mlp", "ears": 1, "encoder": True, "frame_step": 2})
    versions = versions_of(recipe)
    both = {
        side: replace(sides[side], pack=build_pack(getattr(split, side), own))
        for side, own in (("train", versions), ("validation", Versions((1.0,), encoder=versions.encoder)))
    }
    told: list[Any] = []
    fitted = fit_views(recipe, both["train"], both["validation"], tmp_path, lambda _stage, line: told.append(line))
    network = fitted.network
    assert [len(network.members), network.widths] == [2, [2493, 1728]]
    assert network.share.item() == pytest.approx(told[0]["share"])
    assert told[0]["share"] in SHARES
    # Chance is a third.
    assert fitted.validation_score > 0.6
    # Each has its share of what is said.
    logits = {}
    for share in (0.0, told[0]["share"], 1.0):
        network.share.fill_(share)
        logits[share] = predict_logits(network, both["validation"])
    mixed = told[0]["share"] * logits[1.0] + (1.0 - told[0]["share"]) * logits[0.0]
    np.testing.assert_allclose(logits[told[0]["share"]], mixed, atol=1e-4)
    assert np.abs(logits[1.0] - logits[0.0]).max() > 0.1


def test_another_recipe_is_another_run(recipe, sides):
    other = replace(recipe, statistics=replace(recipe.statistics, steps=61))
    assert run_identity(recipe, sides["train"], sides["validation"]) != run_identity(
        other, sides["train"], sides["validation"]
    )
