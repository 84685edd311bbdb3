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


def test_a_constant_column_has_no_outliers() -> None:
    assert robust_distances(np.full((20, 1), 0.1)).tolist() == [[0.0]] * 20
    assert robust_distances(np.array([[3.0]])).tolist() == [[0.0]]


def test_what_four_clips_of_five_do_is_not_far() -> None:
    # Most are 0 but for rounding; the others vary as loud speech does.
    rng = np.random.default_rng(0)
    column = np.concatenate([rng.normal(0, 1e-6, 40), rng.uniform(-4, 0, 20)])
    distances = robust_distances(column[:, None]).ravel()
    between = np.argsort(column)[6:54]
    assert np.abs(distances[between]).max() <= FAR
    assert np.abs(distances).max() < 10.0


@pytest.mark.parametrize("noise", [0.0, 1e-9])
def test_an_exception_to_a_nearly_constant_column_is_far_by_a_plain_number(noise: float) -> None:
    column = np.random.default_rng(0).normal(5.0, noise, 60)
    column[3] = 6.0
    found = find_outliers(column[:, None], ["a"], [f"{n}.wav" for n in range(60)])
    assert [(clip["file"], clip["features"]) for clip in found["clips"]] == [
        ("3.wav", [{"name": "a", "distance": 7.8}])
    ]


def test_what_a_tenth_of_a_nearly_constant_column_does_is_no_exception() -> None:
    column = np.random.default_rng(0).normal(5.0, 1e-9, 60)
    column[:6] = 6.0
    assert find_outliers(column[:, None], ["a"], ["x"] * 60)["clips"] == []
