"""Boxes agree with matplotlib's own, histograms with NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.cbook import boxplot_stats

from emotrace.learn.explore.boxes import bin_edges, box, boxes_by, histogram

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@settings(max_examples=40)
@given(NUMBERS)
def test_boxes_are_those_of_matplotlib(values: list[float]) -> None:
    ours, (theirs,) = box(values), boxplot_stats(np.array(values))
    for our_name, their_name in {
        "median": "med",
        "q1": "q1",
        "q3": "q3",
        "low": "whislo",
        "high": "whishi",
    }.items():
        assert ours[our_name] == pytest.approx(theirs[their_name])
    assert ours["outliers"] == pytest.approx(sorted(theirs["fliers"]))
    assert ours["mean"] == pytest.approx(theirs["mean"], abs=1e-6)
    assert ours["n"] == len(values)


def test_what_is_not_finite_is_left_out() -> None:
    assert box([1.0, np.nan, 3.0, np.inf])["n"] == 2
    assert box([1.0, np.nan, 3.0, np.inf])["max"] == 3.0


def test_a_box_of_nothing() -> None:
    assert box([]) == {
        "n": 0, "mean": None, "std": None, "min": None, "low": None, "q1": None, "median": None, "q3": None,
        "high": None, "max": None, "outliers": [],
    }  # fmt: skip


def test_boxes_by_group_keep_the_order_of_the_vocabulary() -> None:
    boxes = boxes_by([1.0, 2.0, 10.0], ["anger", "anger", "neutral"])
    assert list(boxes) == ["neutral", "anger"]
    assert boxes["anger"]["median"] == 1.5


@settings(max_examples=40)
@given(NUMBERS)
def test_histograms_count_every_value(values: list[float]) -> None:
    found = histogram(values)
    assert sum(found["counts"]) == len(values)
    assert np.all(np.diff(found["edges"]) > 0)


def test_a_far_value_does_not_squeeze_the_others() -> None:
    values = np.concatenate([np.linspace(0, 1, 1000), [1e6]])
    assert bin_edges(values)[-1] < 1.1
    assert histogram(values)["counts"][-1] >= 11
