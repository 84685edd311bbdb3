from __future__ import annotations

from typing import Any

import pytest
from tests.learn.pictures.test_pictures import words

from emotrace.learn.pictures.robustness import draw_robustness


def entry(title: str, value: float, change: float, high: float | None) -> dict[str, Any]:
    low = None if high is None else value - 0.1
    return {
        "title": title,
        "unweighted_average_recall": {"value": value, "low": low, "high": None if high is None else value + 0.1},
        "change": {"value": change, "low": None if high is None else change - 0.05, "high": high},
    }


CONDITIONS = [
    entry("as recorded", 0.7, 0.0, 0.0),
    entry("room", 0.65, -0.05, 0.01),
    entry("babble", 0.4, -0.3, -0.2),
]


def test_bars_are_the_scores_and_only_sure_losses_are_red() -> None:
    figure = draw_robustness({"conditions": CONDITIONS, "non_speech": None})
    (axes,) = figure.axes
    bars = axes.patches
    assert [bar.get_width() for bar in bars] == [0.7, 0.65, 0.4]
    red, green, blue = (bar.get_facecolor()[:3] for bar in bars)
    assert len({red, green, blue}) == 3
    assert blue[0] > 0.7 > blue[1]
    said = words(figure)
    assert {"as recorded", "room", "babble", "70.0", "65.0  (-5.0)", "40.0  (-30.0)"} <= set(said)


def test_without_intervals_nothing_is_sure() -> None:
    figure = draw_robustness(
        {"conditions": [entry("a", 0.7, 0.0, None), entry("b", 0.1, -0.6, None)], "non_speech": None}
    )
    assert figure.axes[0].patches[1].get_facecolor()[0] == pytest.approx(0xB9 / 255)


def test_the_loudest_false_alarms_come_first() -> None:
    kinds = {f"kind {n}": {"share_with_emotion": n / 1000} for n in range(12)}
    sounds = {"kinds": kinds, "share_with_emotion": 0.0055}
    figure = draw_robustness({"conditions": CONDITIONS, "non_speech": sounds})
    _, axes = figure.axes
    ticks = [tick.get_text() for tick in axes.get_yticklabels()]
    assert ticks == [*(f"kind {n}" for n in range(11, 3, -1)), "all 12 kinds"]
    assert " 1.10 %" in words(figure)
    assert " 0.55 %" in words(figure)
