from __future__ import annotations

import numpy as np
import pytest

from emotrace.errors import UsageError
from emotrace.learn.augment.time_shift import PRESETS, TimeShift


def test_what_leaves_at_one_end_comes_back_at_the_other():
    signal = np.arange(1.0, 6.0, dtype=np.float32) / 10
    assert TimeShift().apply(signal, 16_000, 2).tolist() == np.roll(signal, 2).tolist()
    assert sorted(TimeShift()(signal, 16_000, np.random.default_rng(0))) == sorted(signal)


def test_shifts_reach_both_bounds_and_no_further():
    shifts = [TimeShift(3).draw(1, 16_000, np.random.default_rng(seed)) for seed in range(200)]
    assert set(shifts) == set(range(-3, 4))
    assert PRESETS["quality-assurance"].most_samples == PRESETS["capstone"].most_samples == 5_000


def test_a_negative_reach_is_refused():
    with pytest.raises(UsageError, match=r"time-shift: most_samples is .*; it must be a number from 0 to 1e"):
        TimeShift(-1)
