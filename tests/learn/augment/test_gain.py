from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotrace.learn.augment.gain import Gain


@given(st.floats(-80.0, 40.0))
def test_the_level_changes_by_so_many_decibels_and_is_clipped(gain_db):
    signal = np.array([0.001, -0.5, 1.0], np.float32)
    changed = Gain(gain_db)(signal, 16_000, np.random.default_rng(1))
    np.testing.assert_allclose(changed, np.clip(signal * 10 ** (gain_db / 20), -1, 1), rtol=1e-5)


def test_drawn_evenly_in_decibels():
    rng = np.random.default_rng(0)
    gains = [Gain((-10.0, 6.0)).draw(1, 16_000, rng) for _ in range(1_000)]
    assert min(gains) >= -10.0
    assert max(gains) <= 6.0
    assert np.mean(gains) == pytest.approx(-2.0, abs=0.5)
