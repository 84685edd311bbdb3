"""A JSON record as a row of CSV: what is nested gets a column for each part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

DERIVED = ("derived_valence", "derived_arousal")


def probability_columns(labels: Iterable[str]) -> list[str]:
    """Name the columns of the probabilities: ``probability_anger``."""
    return [f"probability_{label}" for label in labels]


def flatten(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give the cells of a record by column; truth is told as in JSON, None is left to be an empty cell.

    >>> flatten({"probabilities": {"anger": 0.9}, "derived": {"valence": None}, "uncertain": True})
    {'probability_anger': 0.9, 'derived_valence': None, 'uncertain': 'true'}
    """
    cells: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            prefix = "probability" if key == "probabilities" else key
            cells |= {f"{prefix}_{name}": part for name, part in value.items()}
        elif isinstance(value, bool):
            cells[key] = "true" if value else "false"
        else:
            cells[key] = value
    return cells
