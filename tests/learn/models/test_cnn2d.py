from __future__ import annotations

import numpy as np
import pytest
import torch

from emotrace.errors import TrainingError, UnknownNameError
from emotrace.learn.models import cnn2d
from emotrace.learn.models._keras import count_parameters

PUBLISHED = {
    "baseline": 192_485,
    "m1": 171_225,
    "m2": 171_225,
    "m3": 171_225,
    "m4": 32_482,
    "m5": 164_610,
    "m6": 164_610,
    "m7": 149_050,
    "m8": 48_700,
}


def images(n: int, size: int = 22) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a bright square, whose corner tells the class."""
    rng = np.random.default_rng(0)
    truth = np.arange(n) % 3
    x = rng.uniform(0.0, 0.4, (n, size, size, 3))
    half = size // 2
    for i, k in enumerate(truth):
        x[i, half * (k // 2) :, half * (k % 2) :][:half, :half] += 0.6
    return x, np.array(["anger", "calm", "fear"])[truth]


@pytest.mark.parametrize("variant", cnn2d.VARIANTS)
def test_has_exactly_the_published_number_of_parameters(variant):
    count = count_parameters(cnn2d.build(variant=variant).network((64, 64, 3), 5))
    assert count.total == count.trainable == PUBLISHED[variant]


@pytest.mark.parametrize(("variant", "n_flat"), [("m4", 612), ("m7", 1260), ("baseline", 62 * 62 * 10)])
def test_flattens_to_the_published_size(variant, n_flat):
    network = cnn2d.build(variant=variant).network((64, 64, 3), 5)
    with torch.no_grad():
        assert network.convolutions(torch.zeros(1, 3, 64, 64)).numel() == n_flat


@pytest.mark.parametrize("preset", cnn2d.PRESETS)
def test_presets_can_be_built(preset):
    model = cnn2d.build(**cnn2d.PRESETS[preset])
    assert model.batch_size == 32
    assert model.patience is None
    assert model.learning_rate == 1e-3


def test_the_final_model_is_model_7_of_ten_epochs():
    final = cnn2d.build(**cnn2d.PRESETS["s0-final"])
    assert (final.variant, final.epochs) == ("m7", 10)


def test_learns_and_sweeps_epochs():
    x, labels = images(90)
    model = cnn2d.build(variant="m1", epochs=6, batch_size=15)
    model.fit(x[:60], labels[:60], snapshot_epochs=(1, 3, 6))
    assert model.score(x[60:], labels[60:]) > 0.8
    early = model.at_epoch(1)
    assert len(early.history_) == 1
    assert np.abs(early.predict_proba(x) - model.predict_proba(x)).max() > 0.05
    np.testing.assert_array_equal(model.at_epoch(6).predict_proba(x), model.predict_proba(x))
    # What a sweep keeps after three epochs is what three epochs alone give.
    alone = cnn2d.build(variant="m1", epochs=3, batch_size=15).fit(x[:60], labels[:60])
    np.testing.assert_array_equal(model.at_epoch(3).predict_proba(x), alone.predict_proba(x))


def test_an_image_keeps_its_rows_and_columns():
    """A picture and its transpose are told apart only if height, width and colour arrive where they belong."""
    network = cnn2d.build(variant="baseline").network((8, 12, 3), 2).eval()
    seen = []
    network.convolutions.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    image = torch.rand(1, 8, 12, 3)
    with torch.no_grad():
        network(image)
    assert seen[0].shape == (1, 3, 8, 12)
    assert torch.equal(seen[0][0, 2], image[0, :, :, 2])


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.full((8, 8, 3), 0.5), "images of 8 x 8 are too small for this network; give 64 x 64"),
        (np.full((64, 64, 3), 255.0), "the features must be images from 0 to 1, these go from 255 to 255; divide"),
        (np.ones(64), r"the features have the shape \(64,\) for one clip; wanted one image \(height, width, 3\)"),
    ],
)
def test_unfit_images(image, sentence):
    with pytest.raises(TrainingError, match=sentence):
        cnn2d.build().fit(np.stack([image, image]), ["a", "b"])


def test_unknown_variant():
    with pytest.raises(UnknownNameError, match="no 2-D CNN variant named 'm77'; did you mean 'm7'"):
        cnn2d.build(variant="m77").fit(np.zeros((2, 64, 64, 3)), ["a", "b"])
