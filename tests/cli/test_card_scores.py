from __future__ import annotations

from typing import Any

import pytest

from emotrace.cli._card_scores import score_rows, tell_score, value_of

SCORES = {"unweighted_average_recall": {"value": 0.66, "low": 0.61, "high": 0.71}, "accuracy": [0.7, 0.65, 0.75]}


@pytest.mark.parametrize(
    ("metrics", "names"),
    [
        ({}, []),
        ({"ravdess": SCORES, "tess": SCORES}, ["ravdess", "tess"]),
        (
            {"test": {"ravdess": SCORES}, "validation": {"ravdess": SCORES}},
            ["test / ravdess", "validation / ravdess"],
        ),
        (SCORES, ["all"]),
        ({**SCORES, "per_corpus": {"tess": SCORES}}, ["all", "tess"]),
        ({"test": {**SCORES, "per_corpus": {"tess": SCORES}}}, ["test", "test / tess"]),
        ({"note": "words", "loss": 0.5, "curve": [1, 2]}, []),
    ],
)
def test_scores_are_found_wherever_the_card_keeps_them(metrics: dict[str, Any], names: list[str]) -> None:
    assert [name for name, _ in score_rows(metrics)] == names


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (0.5, "50.0"),
        (1, "100.0"),
        ([0.5, 0.25, 0.75], "50.0 [25–75]"),
        ({"value": 0.5, "low": None, "high": None}, "50.0"),
        ({"value": None, "low": None, "high": None}, "-"),
        ([], "-"),
        ("half", "-"),
        (True, "-"),
        (None, "-"),
        ({"median": 3}, "-"),
    ],
)
def test_odd_scores_are_told_or_left_out(score: object, told: str) -> None:
    assert tell_score(score) == told
    assert (value_of(score) is None) == (told == "-")
