from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from emotrace.errors import UsageError
from emotrace.learn.evaluation.reliability import calibration_error, reliability_bins, sum_bins

judged = st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=50)


@given(judged, st.integers(1, 20))
def test_bins_are_sklearns_calibration_curve(drawn, n_bins):
    confidence, is_correct = zip(*drawn, strict=True)
    # scikit-learn's edges come from linspace, which may be off from i / n by one step
    assume(not np.isclose(np.array(confidence)[:, None] * n_bins, np.arange(1, n_bins), atol=1e-9).any())
    bins = [b for b in reliability_bins(confidence, is_correct, n_bins) if b.n]
    accuracy, mean_confidence = calibration_curve(
        np.array(is_correct, int), confidence, n_bins=n_bins, pos_label=1
    )
    assert [b.accuracy for b in bins] == pytest.approx(accuracy.tolist())
    assert [b.confidence for b in bins] == pytest.approx(mean_confidence.tolist())
    assert sum(b.n for b in bins) == len(drawn)


def test_bins_are_closed_on_the_right_and_zero_is_in_the_first():
    bins = reliability_bins([0.0, 0.5, 1.0], [False, True, True], 2)
    assert [(b.low, b.high, b.n) for b in bins] == [(0.0, 0.5, 2), (0.5, 1.0, 1)]


def test_empty_bins_have_no_means():
    empty = reliability_bins([0.9], [True], 2)[0]
    assert (empty.n, empty.confidence, empty.accuracy) == (0, None, None)


def test_error_by_hand():
    sums = sum_bins(np.array([0.9, 0.9, 0.2]), np.array([1.0, 0.0, 0.0]), 2)
    assert float(calibration_error(sums)) == pytest.approx((abs(1.8 - 1.0) + 0.2) / 3)


def test_wrong_input_is_refused():
    with pytest.raises(UsageError, match="confidence has 2 values but is_correct has 1"):
        reliability_bins([0.1, 0.2], [True])
    with pytest.raises(UsageError, match=r"at least one number, got an array of shape \(0,\)"):
        reliability_bins([], [])
    for bad in (1.5, -0.1, float("nan")):
        with pytest.raises(UsageError, match=r"confidence must be in \[0, 1\] throughout"):
            reliability_bins([bad], [True])
    with pytest.raises(UsageError, match="at least 1 bin, not 0"):
        reliability_bins([0.5], [True], 0)
