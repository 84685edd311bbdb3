"""A parameter that is fixed, or drawn evenly between two bounds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from emotrace.errors import UsageError

Range = float | tuple[float, float]


def check_range(name: str, value: Any, low: float, high: float, unit: str = "") -> None:
    """Raise `UsageError` unless ``value`` is a number, or (lowest, highest), within ``low`` and ``high``."""
    parts = value if isinstance(value, tuple) else (value, value)
    is_sound = (
        len(parts) == 2
        and all(isinstance(part, int | float) and not isinstance(part, bool) for part in parts)
        and all(math.isfinite(part) for part in parts)
        and low <= parts[0] <= parts[1] <= high
    )
    if not is_sound:
        within = f"from {low:g} to {high:g}{' ' * bool(unit)}{unit}"
        raise UsageError(f"{name} is {value!r}; it must be a number {within}, or (lowest, highest) within")


def draw_from(value: Range, rng: np.random.Generator) -> float:
    """Draw evenly from a range; what is fixed is given as it is, and nothing is drawn."""
    return float(rng.uniform(*value)) if isinstance(value, tuple) else float(value)
