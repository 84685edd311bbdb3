"""Far values are found, and do not hide one another."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import median_abs_deviation

from emotrace.learn.explore.outliers import FAR, find_outliers, robust_distances


def test_distances_are_in_units_of_scipys_robust_deviation() -> None:
    values = np.random.default_rng(0).normal(size=(50, 3))
    expected = (values - np.median(values, axis=0)) / (1.4826 * median_abs_deviation(values, axis=0))
    assert robust_distances(values) == pytest.approx(expected)


def test_the_worst_clip_comes_first() -> None:
    matrix = np.random.default_rng(0).normal(size=(60, 3))
    matrix[7] = [50.0, -60.0, 0.0]
    matrix[9] = [500.0, 0.0, 0.0]
    found = find_outliers(matrix, ["a", "b", "c"], [f"{n}.wav" for n in range(60)])
    assert [clip["file"] for clip in found["clips"]] == ["7.wav", "9.wav"]
    assert found["n_clips"] == 2
    assert found["per_feature"] == {"a": 2, "b": 1, "c": 0}
    worst = found["clips"][0]
    assert worst["n_far"] == 2
    assert [feature["name"] for feature in worst["features"]] == ["b", "a"]
    assert worst["features"][0]["distance"] < -FAR


def test_columns_without_spread_have_no_outliers() -> None:
    matrix = np.zeros((20, 1))
    matrix[0] = 1000.0
    assert find_outliers(matrix, ["a"], ["x"] * 20)["clips"] == []
