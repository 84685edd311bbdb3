"""Features on a scale on which they can be compared: levels and powers in decibels, all others as they are."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

# As they are, their distribution has so long a tail that one shout squeezes all other clips into a corner.
_POWER = re.compile(r"(mel|mel_power_\d+)_(mean|median|std|min|max)")
_LEVEL = re.compile(r"rms_(mean|median|std|min|max)")
_FLOOR_DB = -100.0


def unit_of(name: str) -> str:
    """Give the unit in which a feature is shown; empty for those that are left as they are.

    >>> unit_of("rms_mean"), unit_of("mfcc_01_mean")
    ('dB', '')
    """
    return "dB" if _POWER.fullmatch(name) or _LEVEL.fullmatch(name) else ""


def to_scale(name: str, values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give a feature's values on its scale: decibels of full scale, -100 at the lowest, or as they are."""
    numbers = np.asarray(values, dtype=np.float64)
    for pattern, factor in ((_POWER, 10.0), (_LEVEL, 20.0)):
        if pattern.fullmatch(name):
            return np.asarray(factor * np.log10(np.maximum(numbers, 10.0 ** (_FLOOR_DB / factor))))
    return numbers
