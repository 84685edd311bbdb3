"""The picture of a tree shows its questions, in words and units, and what comes to each place."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.colors import to_hex
from tests.learn.pictures.test_pictures import words

from emotrace.labels import COLOURS
from emotrace.learn.pictures.tree import draw_tree


def node(n_clips: int, shares: list[float], n_below: int = 0, **question: Any) -> dict[str, Any]:
    return {"n_clips": n_clips, "shares": shares, "n_below": n_below, **question}


TREE = {
    "labels": ["anger", "sadness"],
    "n_questions": 4,
    "n_in_a_row": 3,
    "root": node(
        1200,
        [0.5, 0.5],
        4,
        feature="rms_mean",
        threshold=0.1,
        low=node(
            700,
            [0.25, 0.75],
            3,
            feature="centroid_max",
            threshold=4321.4,
            low=node(1, [0.0, 1.0]),
            high=node(699, [0.4, 0.6], 2),
        ),
        high=node(500, [0.9, 0.1]),
    ),
}


def test_questions_and_contents_are_told() -> None:
    figure = draw_tree(TREE)
    said = words(figure)
    assert "RMS\n≤ −20 dB ?" in said
    assert "centroid, maximum\n≤ 4,321 ?" in said
    # Where all labels are alike none leads.
    assert "1,200 clips" in said
    assert {"700 clips\nsadness 75 %", "1 clip\nsadness 100 %", "699 clips\nsadness 60 %"} <= set(said)
    assert "500 clips\nanger 90 %" in said
    assert said.count("2 more questions") == 1
    assert (said.count("yes"), said.count("no")) == (2, 2)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["anger", "sadness"]


def test_bars_are_the_shares_and_yes_is_left() -> None:
    axes = draw_tree(TREE).axes[0]
    widths: dict[int, list[float]] = {}
    for bar in axes.patches:
        widths.setdefault(round(bar.get_y()), []).append(bar.get_width())
    # Level by level one node, two and two, each with a bar for anger and one for sadness.
    assert [len(widths[level]) for level in range(3)] == [2, 4, 4]
    whole = sum(widths[0])
    assert [width / whole for width in widths[1]] == pytest.approx([0.25, 0.75, 0.9, 0.1])
    assert [to_hex(bar.get_facecolor()) for bar in axes.patches[:2]] == [
        COLOURS[label].lower() for label in TREE["labels"]
    ]
    places = {text.get_text(): text.get_position()[0] for text in axes.texts}
    assert places["700 clips\nsadness 75 %"] < places["1,200 clips"] < places["500 clips\nanger 90 %"]


def test_a_tree_without_a_question_is_one_bar() -> None:
    lonely = {**TREE, "n_questions": 0, "n_in_a_row": 0, "root": node(3, [0.6, 0.4])}
    figure = draw_tree(lonely)
    assert "3 clips\nanger 60 %" in words(figure)
    assert len(figure.axes[0].patches) == 2
