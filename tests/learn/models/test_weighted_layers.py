"""Weights of layers: the layer that carries the class is found, and the rest is said in clear words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from emotrace.errors import TrainingError, UsageError
from emotrace.learn.models import weighted_layers
from emotrace.learn.models._build import build_model, read_names
from emotrace.learn.training.fit_classic import fit_classic
from emotrace.types import Utterance

N_LAYERS, WIDTH, TELLING = 7, 24, 4
EMOTIONS = np.array(["anger", "calm", "fear", "sadness"])


def make_layers(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make rows of layers of very different sizes, of which one alone tells the emotion."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(4, WIDTH))
    truth = np.arange(n) % 4
    layers = rng.normal(size=(n, N_LAYERS, WIDTH))
    layers[:, TELLING] += 0.6 * centres[truth]
    sizes = np.array([100.0, 1.0, 30.0, 0.1, 0.01, 10.0, 1000.0])[:, None]
    return (sizes * (layers + 1.0)).reshape(n, -1).astype(np.float32), EMOTIONS[truth]


def standardised_mean(rows: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Give every layer the same say."""
    standardised = (rows - known.mean(axis=0)) / known.std(axis=0)
    return standardised.reshape(len(rows), N_LAYERS, WIDTH).mean(axis=1)


def names_of(layers: Sequence[int], pools: Sequence[str] = ("mean",), width: int = WIDTH) -> list[str]:
    return [f"layer_{k:02d}_{pool}_{n:04d}" for k in layers for pool in pools for n in range(1, width + 1)]


@pytest.mark.parametrize("preset", weighted_layers.PRESETS)
def test_listens_to_the_layer_that_tells(preset):
    rows, emotions = make_layers(320, seed=0)
    unheard, truth = make_layers(400, seed=1)
    model = build_model("weighted-layers", preset, n_layers=N_LAYERS, device="cpu").fit(rows, emotions)
    weights = model.layer_weights_
    assert weights.shape == (N_LAYERS,)
    assert weights.sum() == pytest.approx(1.0, abs=1e-6)
    assert weights.argmax() == TELLING
    assert weights[TELLING] > 3 * np.delete(weights, TELLING).max()

    accuracy = model.score(unheard, truth)
    alike = build_model("logistic").fit(standardised_mean(rows, rows), emotions)
    of_mean = alike.score(standardised_mean(unheard, rows), truth)
    assert accuracy > 0.75  # chance is 0.25
    assert accuracy > of_mean + 0.25


def test_layers_begin_as_equals_and_are_weighed_by_their_scores():
    network = weighted_layers.build(n_layers=3).network((6,), 2).eval()
    np.testing.assert_allclose(network.layer_weights().detach(), [1 / 3] * 3)
    with torch.no_grad():
        network.layer_scores.copy_(torch.log(torch.tensor([1.0, 2.0, 5.0])))
        row = torch.tensor([[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]])  # layer 0, layer 1, layer 2
        sums = torch.tensor([[0.125 * 1 + 0.25 * 2 + 0.625 * 3, 0.125 * 10 + 0.25 * 20 + 0.625 * 30]])
        torch.testing.assert_close(network(row), network.head(sums))


def test_the_same_seed_gives_the_same_and_settings_can_be_cloned():
    rows, emotions = make_layers(60, seed=0)
    model = weighted_layers.build(n_layers=N_LAYERS, hidden=8, dropout=0.3, epochs=3, device="cpu")
    one, two = (clone(model).fit(rows, emotions) for _ in range(2))
    np.testing.assert_array_equal(one.layer_weights_, two.layer_weights_)
    np.testing.assert_array_equal(one.predict_proba(rows), two.predict_proba(rows))
    other = clone(model).set_params(random_state=1).fit(rows, emotions)
    assert not np.array_equal(other.layer_weights_, one.layer_weights_)


def test_the_weights_are_those_of_the_epoch():
    rows, emotions = make_layers(60, seed=0)
    model = weighted_layers.build(n_layers=N_LAYERS, epochs=4, device="cpu")
    model.fit(rows, emotions, snapshot_epochs=[1])
    early = model.at_epoch(1).layer_weights_
    assert early.max() < model.layer_weights_.max()
    shorter = clone(model).set_params(epochs=1).fit(rows, emotions)
    np.testing.assert_array_equal(early, shorter.layer_weights_)


def test_stops_early_by_validation_clips():
    rows, emotions = make_layers(120, seed=0)
    model = weighted_layers.build(n_layers=N_LAYERS, epochs=200, patience=5, device="cpu")
    model.fit(rows, emotions, validation=make_layers(80, seed=1))
    assert len(model.history_) == model.best_epoch_ + 5 < 200


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_finds_the_same_layer():
    rows, emotions = make_layers(320, seed=0)
    model = weighted_layers.build(n_layers=N_LAYERS, device="cuda", mixed_precision=True).fit(rows, emotions)
    assert model.layer_weights_.argmax() == TELLING
    assert model.score(*make_layers(400, seed=1)) > 0.75


def test_the_number_of_layers_is_read_from_names():
    assert read_names("weighted-layers", names_of(range(13))) == {"n_layers": 13}
    assert read_names("weighted-layers", names_of(range(4), ("mean", "std"))) == {"n_layers": 4}
    assert read_names("weighted-layers", names_of(range(4))[:-1]) == {}
    assert read_names("weighted-layers", [*names_of(range(4)), "rms_mean"]) == {}
    mixed = [f"layer_{k:02d}_mean_{n:04d}" for n in (1, 2) for k in range(3)]  # layers not side by side
    assert read_names("weighted-layers", mixed) == {}
    assert read_names("weighted-layers", []) == {}


def test_fits_clips_by_the_names_of_their_features():
    rows, emotions = make_layers(16, seed=0)
    clips = [Utterance(f"{i}.wav", str(emotion), "s") for i, emotion in enumerate(emotions)]
    model = fit_classic("weighted-layers", rows, clips, names_of(range(N_LAYERS)), epochs=1, device="cpu")
    assert model.layer_weights_.shape == (N_LAYERS,)
    # What is said wins.
    model = fit_classic("weighted-layers", rows, clips, names_of(range(N_LAYERS)), epochs=1, n_layers=2)
    assert model.layer_weights_.shape == (2,)


def test_an_unfitted_model_has_no_weights():
    with pytest.raises(NotFittedError):
        _ = weighted_layers.build(n_layers=2).layer_weights_


@pytest.mark.parametrize(
    ("params", "error", "sentence"),
    [
        (
            {},
            UsageError,
            "weighted-layers must be told how many layers its 8 features are of: take the features of "
            "ssl:CHECKPOINT@layer=all, which are counted by recipes, or give n_layers",
        ),
        (
            {"n_layers": 1},
            UsageError,
            "weighted-layers has one layer only, and nothing to weigh: take the features of "
            "ssl:CHECKPOINT@layer=all",
        ),
        (
            {"n_layers": 3},
            TrainingError,
            "weighted-layers cannot divide 8 features into n_layers=3 of the same width: take the features of "
            "ssl:CHECKPOINT@layer=all, and count its layer 0 as well",
        ),
        ({"n_layers": 2.5}, UsageError, "n_layers must be a whole number of at least 1, not 2.5"),
        ({"n_layers": 2, "hidden": -1}, UsageError, "hidden must be a whole number of at least 0, not -1"),
        ({"n_layers": 2, "dropout": 1.0}, UsageError, "dropout must be a number from 0 to below 1, not 1.0"),
    ],
)
def test_wrong_values(params, error, sentence):
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        weighted_layers.build(**params).fit(np.eye(8), list("abababab"))
