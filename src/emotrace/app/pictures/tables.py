"""A session's outcomes as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from emotrace.app.pictures.outcome import Outcome
from emotrace.labels import EMOTIONS

# What a spreadsheet would take for a formula, at the beginning of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_json(outcomes: Sequence[Outcome], started: str) -> str:
    """Give the session as one JSON object."""
    pictures = [
        {
            "picture": outcome.title,
            "expected": outcome.expected,
            "detected": outcome.detected,
            "state": outcome.state,
            "confidence": _rounded(outcome.confidence),
            "uncertain": outcome.uncertain,
            "seconds": _rounded(outcome.seconds),
            "probabilities": {label: _rounded(p) for label, p in (outcome.probabilities or {}).items()},
            **({"reason": outcome.reason} if outcome.reason else {}),
        }
        for outcome in outcomes
    ]
    return json.dumps({"started": started, "pictures": pictures}, ensure_ascii=False, indent=1) + "\n"


def to_csv(outcomes: Sequence[Outcome]) -> str:
    """Give a table with one row per picture, and a column ``p_<emotion>`` for each that could be heard."""
    given = [label for label in EMOTIONS if any(label in (outcome.probabilities or {}) for outcome in outcomes)]
    columns = ["picture", "expected", "detected", "state", "confidence", "uncertain", "seconds", "reason"]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, *(f"p_{label}" for label in given)])
    for outcome in outcomes:
        probabilities = outcome.probabilities or {}
        writer.writerow(
            [
                _harmless(outcome.title),
                outcome.expected,
                outcome.detected or "",
                outcome.state,
                _cell(outcome.confidence),
                str(outcome.uncertain).lower() if outcome.confidence is not None else "",
                _cell(outcome.seconds),
                _harmless(outcome.reason),
                *(_cell(probabilities.get(label)) for label in given),
            ]
        )
    return text.getvalue()


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def _cell(number: float | None) -> str:
    return "" if number is None else f"{number:.4g}"


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
