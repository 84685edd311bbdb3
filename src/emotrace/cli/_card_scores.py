"""Scores in the free-form metrics of a card: found wherever they stand, read in each form they may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SCORES = {
    "unweighted_average_recall": "UAR",
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "expected_calibration_error": "ECE",
}
"""The scores that are shown, and what they are called."""


def score_rows(metrics: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Find the sets of scores in the metrics of a card, each with the keys that lead to it."""
    is_scores = any(key in metrics for key in SCORES)
    if is_scores:
        yield name or "all", metrics
    for key, value in metrics.items():
        if isinstance(value, Mapping) and (key == "per_corpus" or not is_scores):
            below = name if key == "per_corpus" else key
            yield from score_rows(value, f"{name} / {below}" if name and below != name else below)


def value_of(score: Any) -> float | None:
    """Give the value of a score: a number, ``[value, low, high]`` or ``{"value", "low", "high"}``.

    >>> value_of({"value": 0.66, "low": 0.61}), value_of([0.5, 0.4, 0.6]), value_of("half")
    (0.66, 0.5, None)
    """
    parts = _parts(score)
    return float(parts[0]) if parts and _is_number(parts[0]) else None


def tell_score(score: Any) -> str:
    """Say a score, in any of its forms, in per cent.

    >>> tell_score({"value": 0.66, "low": 0.61, "high": 0.712}), tell_score(0.5), tell_score(None)
    ('66.0 [61–71]', '50.0', '-')
    """
    value, parts = value_of(score), _parts(score)
    if value is None:
        return "-"
    told = f"{100 * value:.1f}"
    if len(parts) != 3 or not (_is_number(parts[1]) and _is_number(parts[2])):
        return told
    # Whole per cents and no blanks: the table fits into 80 columns, the ends are no more certain than that.
    return f"{told} [{100 * parts[1]:.0f}–{100 * parts[2]:.0f}]"


def _parts(score: Any) -> list[Any]:
    if isinstance(score, Mapping):
        return [score.get(key) for key in ("value", "low", "high")]
    return score if isinstance(score, list) else [score]


def _is_number(part: object) -> bool:
    return isinstance(part, int | float) and not isinstance(part, bool)
