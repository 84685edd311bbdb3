"""Tables in Markdown, and how scores are written in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emotrace.learn.model_card._front_matter import value_of


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table; nothing in a cell can end it.

    >>> print(table(["a", "b"], [["1 | 2", "x"]]))
    | a | b |
    |---|---|
    | 1 \\| 2 | x |
    """
    lines = [head, *rows]
    shown = [f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines]
    return "\n".join([shown[0], "|" + "---|" * len(head), *shown[1:]])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def percent(score: Any) -> str:
    """Say a score in per cent, with its interval where it has one.

    >>> percent({"value": 0.6875, "low": 0.625, "high": 0.75}), percent(0.5), percent(None)
    ('68.8 [62.5, 75.0]', '50.0', '-')
    """
    value = value_of(score)
    if value is None:
        return "-"
    low, high = _ends(score)
    shown = f"{100 * value:.1f}"
    return shown if low is None or high is None else f"{shown} [{100 * low:.1f}, {100 * high:.1f}]"


def _ends(score: Any) -> tuple[float | None, float | None]:
    if isinstance(score, Mapping):
        return value_of(score.get("low")), value_of(score.get("high"))
    if isinstance(score, list | tuple) and len(score) == 3:
        return value_of(score[1]), value_of(score[2])
    return None, None


def points(change: Mapping[str, Any]) -> str:
    """Say a change in points, with its interval where it has one.

    >>> points({"value": -0.042, "low": -0.0613, "high": 0.001})
    '-4.2 [-6.1, +0.1]'
    """
    value = f"{100 * change['value']:+.1f}"
    return value if change["low"] is None else f"{value} [{100 * change['low']:+.1f}, {100 * change['high']:+.1f}]"
