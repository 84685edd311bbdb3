"""The LSTM and GRU families."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import torch

from emotrace.errors import TrainingError, UsageError
from emotrace.learn.models import gru, lstm
from emotrace.learn.models._keras import count_parameters

FAMILIES = [lstm, gru]
LEARN = {"units": 16, "epochs": 25, "batch_size": 15, "learning_rate": 0.01, "dropout": 0.0}


def dense_parameters(n_classes: int) -> int:
    return (256 * 128 + 128) + (128 * 64 + 64) + (64 * n_classes + n_classes)


@pytest.mark.parametrize("width", [1, 20])
def test_have_as_many_parameters_as_keras_would_count(width):
    counts = {f: count_parameters(f.build(**f.PRESETS["s1"]).network((40, width), 7)).total for f in FAMILIES}
    assert counts[lstm] == 4 * (256 * (width + 256) + 256) + dense_parameters(7)
    assert counts[gru] == 3 * (256 * (width + 256) + 2 * 256) + dense_parameters(7)


def test_a_row_is_a_sequence_of_numbers():
    one, two = (count_parameters(lstm.build().network(shape, 16)) for shape in ((20,), (20, 1)))
    assert one == two


def rising_or_falling(n: int, seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    """Frames of two columns, 6 to 14 of them, of which the first column rises or falls by its own law."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    clips = []
    for k in truth:
        n_frames = int(rng.integers(6, 15))
        slope = np.linspace(-2.0, 2.0, n_frames) * (1 if k else -1)
        clips.append(np.stack([slope, np.zeros(n_frames)], axis=1) + 0.3 * rng.normal(size=(n_frames, 2)) + 40.0)
    return clips, np.array(["falling", "rising"])[truth]


@pytest.mark.parametrize("family", FAMILIES)
def test_learns_frames_of_different_lengths(family: ModuleType):
    clips, labels = rising_or_falling(60)
    model = family.build(**LEARN).fit(clips[:40], labels[:40], validation=(clips[40:], labels[40:]))
    assert model.score(clips[40:], labels[40:]) > 0.9
    assert model.history_[-1]["validation_accuracy"] > 0.9


@pytest.mark.parametrize("family", FAMILIES)
def test_learns_rows(family: ModuleType):
    rng = np.random.default_rng(0)
    truth = np.arange(60) % 2
    rows = rng.normal(size=(60, 6)) + 3.0 * truth[:, None]
    model = family.build(**LEARN).fit(rows[:40], truth[:40])
    assert model.score(rows[40:], truth[40:]) > 0.9


@pytest.fixture(scope="module", params=FAMILIES)
def fitted(request: pytest.FixtureRequest) -> object:
    clips, labels = rising_or_falling(20)
    return request.param.build(**{**LEARN, "epochs": 2}).fit(clips, labels)


def test_padding_changes_nothing(fitted):
    clips, _ = rising_or_falling(12, seed=1)
    alone = np.concatenate([fitted.predict_proba([clip]) for clip in clips])
    np.testing.assert_allclose(fitted.predict_proba(clips), alone, atol=1e-6)


def test_any_number_of_frames_can_be_judged(fitted):
    assert fitted.predict_proba(np.full((2, 300, 2), 40.0)).shape == (2, 2)
    assert fitted.predict_proba(np.full((2, 1, 2), 40.0)).shape == (2, 2)


def test_the_scaler_sees_frames_not_padding(fitted):
    clips, _ = rising_or_falling(20)
    frames = np.concatenate(clips).astype(np.float32)
    np.testing.assert_allclose(fitted.net_.module_.offset.numpy(), frames.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(fitted.net_.module_.scale.numpy(), frames.std(axis=0), rtol=1e-4)


def test_layers_can_be_stacked():
    network = gru.build(units=(8, 4)).network((10, 3), 2)
    with torch.no_grad():
        assert network(torch.zeros(2, 10, 3)).shape == (2, 2)
    assert [layer.cells.hidden_size for layer in network.layers] == [8, 4]


@pytest.mark.parametrize(
    ("clips", "sentence"),
    [
        ([np.ones((3, 2)), np.ones((4, 3))], "the features have 2 to 3 numbers per frame; all need as many"),
        (
            [np.ones((3, 2)), np.ones((0, 2))],
            r"the features of clip 1 \(counted from 0\) have no frame; leave it out",
        ),
        (
            [np.ones((3, 2)), np.full((4, 2), np.nan)],
            "of 1 of 2 clips are not finite numbers .*, first in clip 1 ",
        ),
        (
            [np.ones(3), np.ones(4)],
            "the features differ in shape from clip to clip; wanted one row of numbers each",
        ),
        (
            np.ones((2, 3, 4, 5)),
            r"have the shape \(3, 4, 5\) for one clip; wanted one row of numbers each or frames",
        ),
    ],
)
def test_unfit_frames(clips, sentence):
    with pytest.raises(TrainingError, match=sentence):
        lstm.build(units=2, epochs=1).fit(clips, ["a", "b"])


@pytest.mark.parametrize("units", [0, (8, 0), (), 1.5, (8, "4")])
def test_wrong_units(units):
    with pytest.raises(UsageError, match="units must be whole numbers above 0, not"):
        lstm.build(units=units).fit(np.eye(4), list("abab"))
