from __future__ import annotations

import numpy as np
import pytest
import torch

from emotrace.errors import UsageError
from emotrace.learn.models import cnn_lstm
from emotrace.learn.models._keras import Count, count_parameters


def test_has_exactly_the_published_number_of_parameters():
    with torch.device("meta"):  # counts without filling 57 MB
        network = cnn_lstm.build(**cnn_lstm.PRESETS["s1"]).network((20,), 16)
    assert count_parameters(network) == Count(total=14_147_312, trainable=14_147_312 - 2 * (2048 + 1024 + 512))


@pytest.mark.parametrize("n_features", [1, 2, 9, 20, 41])
def test_takes_rows_of_any_length(n_features):
    network = cnn_lstm.build(shrink=64).network((n_features,), 3).eval()
    with torch.no_grad():
        assert network(torch.zeros(2, n_features)).shape == (2, 3)


def test_pooling_keeps_an_odd_last_number():
    network = cnn_lstm.build(shrink=64).network((20,), 3)
    with torch.no_grad():
        assert network.blocks(torch.zeros(2, 1, 20)).shape[2] == 3  # 20, 10, 5, 3


def test_learns():
    rng = np.random.default_rng(0)
    truth = np.arange(60) % 3
    rows = rng.normal(size=(60, 8))
    rows[np.arange(60), 2 * truth] += 6.0
    model = cnn_lstm.build(shrink=16, epochs=20, batch_size=5, learning_rate=2e-3).fit(rows[:45], truth[:45])
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.score(rows[45:], truth[45:]) > 0.8


@pytest.mark.parametrize("shrink", [0, 129, 0.5, "2"])
def test_wrong_shrink(shrink):
    with pytest.raises(UsageError, match="shrink must be a whole number from 1 to 128, not"):
        cnn_lstm.build(shrink=shrink).fit(np.eye(4), list("abab"))
