"""Correlations are NumPy's; constant columns have none."""

from __future__ import annotations

import numpy as np
import pytest

from emotrace.learn.explore.correlation import correlate


def test_correlations_are_those_of_numpy() -> None:
    matrix = np.random.default_rng(0).normal(size=(30, 5)) @ np.random.default_rng(1).normal(size=(5, 5))
    found = correlate(matrix, list("abcde"))
    assert np.array(found["matrix"]) == pytest.approx(np.corrcoef(matrix.T), abs=1e-4)


def test_the_strongest_come_first_whatever_their_sign() -> None:
    x = np.linspace(0, 1, 20)
    noise = np.random.default_rng(0).normal(size=20)
    found = correlate(np.column_stack([x, noise, -x]), ["up", "noise", "down"])
    assert found["strongest"][0] == {"a": "up", "b": "down", "r": -1.0}


def test_constant_columns_have_no_correlation() -> None:
    found = correlate(np.column_stack([np.arange(5), np.full(5, 0.1)]), ["a", "flat"])
    assert found["matrix"] == [[1.0, None], [None, None]]
    assert found["strongest"] == []
