"""Features on each speaker's own scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from emotrace.learn.laboratory.per_speaker import standardise_by_speaker

SPEAKERS = ["a", "b", "a", "c", "b", "a", "b", "a"]


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(3.0, 20.0, (len(SPEAKERS), 5)).astype(np.float32)


def test_agrees_with_a_scaler_for_each_speaker(rows):
    found = standardise_by_speaker(rows, SPEAKERS)
    for name in "abc":
        own = np.array(SPEAKERS) == name
        expected = StandardScaler().fit_transform(rows[own].astype(np.float64))
        np.testing.assert_allclose(found[own], expected, atol=1e-5)


def test_nobody_is_changed_by_others(rows):
    others = rows.copy()
    others[np.array(SPEAKERS) != "a"] = 1e9
    own = np.array(SPEAKERS) == "a"
    np.testing.assert_array_equal(
        standardise_by_speaker(rows, SPEAKERS)[own], standardise_by_speaker(others, SPEAKERS)[own]
    )


@settings(max_examples=30)
@given(gain=st.floats(0.01, 100.0), offset=st.floats(-100.0, 100.0))
def test_a_voice_and_its_microphone_cancel_out(gain, offset):
    rows = np.random.default_rng(1).normal(0.0, 1.0, (len(SPEAKERS), 3))
    moved = rows * gain + offset
    one, other = (standardise_by_speaker(values.astype(np.float32), SPEAKERS) for values in (rows, moved))
    np.testing.assert_allclose(one, other, atol=0.05)


def test_what_does_not_vary_says_nothing():
    rows = np.full((4, 2), 1234.567, dtype=np.float32)
    np.testing.assert_array_equal(standardise_by_speaker(rows, ["a", "a", "b", "b"]), 0.0)
