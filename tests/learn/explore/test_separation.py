"""The share explained is Kruskal and Wallis's H by n - 1, as SciPy gives it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kruskal, rankdata

from emotrace.learn.explore.separation import average_ranks, share_explained, without_speakers


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30))
def test_ranks_are_those_of_scipy(values: list[int]) -> None:
    assert average_ranks(np.array([values]).T).ravel() == pytest.approx(rankdata(values))


@pytest.mark.parametrize("decimals", [0, 6])
def test_shares_are_those_of_scipy(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    groups = np.repeat(["a", "b", "c"], [10, 20, 15])
    # Whole numbers have ties.
    matrix = np.round(rng.normal(size=(45, 4)) * 3 + (groups == "a")[:, None] * [0, 1, 3, 9], decimals)
    expected = [kruskal(*(column[groups == g] for g in "abc")).statistic / 44 for column in matrix.T]
    assert share_explained(matrix, groups.tolist()) == pytest.approx(expected)


def test_groups_that_do_not_overlap_explain_most_and_constants_nothing() -> None:
    matrix = np.column_stack([np.arange(8), np.ones(8)])
    apart, flat = share_explained(matrix, ["a"] * 4 + ["b"] * 4)
    assert apart == pytest.approx(16 / 21)
    assert np.isnan(flat)


def test_a_known_speaker_uncovers_emotion() -> None:
    speakers = ["low"] * 4 + ["high"] * 4
    emotions = ["calm", "calm", "anger", "anger"] * 2
    pitch = np.array([[100, 101, 110, 111, 200, 201, 210, 211]], dtype=float).T
    as_is = share_explained(pitch, emotions)[0]
    within = share_explained(without_speakers(pitch, speakers), emotions)[0]
    assert within > 2 * as_is
