from __future__ import annotations

import numpy as np
import pytest
import torch

from emotrace.errors import TrainingError, UsageError
from emotrace.learn.models import conv1d
from emotrace.learn.models._keras import Count, count_parameters


def test_has_exactly_the_published_number_of_parameters():
    network = conv1d.build(**conv1d.PRESETS["s4"]).network((184,), 7)
    assert count_parameters(network) == Count(total=813_575, trainable=811_783)
    assert network.head.in_features == 2944


@pytest.mark.parametrize("n_features", [4, 5, 7, 20, 180, 184])
def test_takes_rows_of_any_length(n_features):
    network = conv1d.build().network((n_features,), 3).eval()
    with torch.no_grad():
        assert network(torch.zeros(2, n_features)).shape == (2, 3)


def test_the_preset_normalises_as_keras():
    norms = [m for m in conv1d.build(**conv1d.PRESETS["s4"]).network((184,), 7).modules() if hasattr(m, "eps")]
    assert len(norms) == 6
    assert all((n.eps, n.momentum) == (1e-3, pytest.approx(0.01)) for n in norms)


def test_layers_come_in_the_published_order():
    names = [type(layer).__name__ for layer in conv1d.build().network((184,), 7).blocks]
    block = ["Sequential", "BatchNorm1d", "ReLU"]
    assert names == [*block, "AvgPool1d", *block, *block, *block, *block, *block, "AvgPool1d"]


def test_learns():
    rng = np.random.default_rng(0)
    truth = np.arange(60) % 3
    rows = rng.normal(size=(60, 12)) * 30.0 + 1000.0
    rows[np.arange(60), 4 * truth] += 300.0
    labels = np.array(["anger", "calm", "fear"])[truth]
    model = conv1d.build(shrink=8, epochs=15, batch_size=9, learning_rate=2e-3).fit(rows[:45], labels[:45])
    assert model.history_[-1]["accuracy"] == 1.0
    assert model.score(rows[45:], labels[45:]) > 0.8


def test_too_few_features():
    with pytest.raises(TrainingError, match="conv1d pools features by four and needs at least 4 of them, not 3"):
        conv1d.build().fit([[1, 2, 3], [4, 5, 6]], ["a", "b"])


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"kernel_size": 0}, "kernel_size must be a whole number of at least 1, not 0"),
        ({"shrink": 65}, "shrink must be a whole number from 1 to 64, not 65"),
        ({"dropout": 1.0}, "dropout must be a number from 0 to below 1, not 1.0"),
    ],
)
def test_wrong_values(params, sentence):
    with pytest.raises(UsageError, match=sentence):
        conv1d.build(**params).fit(np.eye(8), list("abababab"))
