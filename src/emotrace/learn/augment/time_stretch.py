"""Speech faster or slower at the same pitch, by the phase vocoder.

As ``librosa.effects.time_stretch`` does it, to the sample but for rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emotrace.learn.augment._augmentation import Signal, SignalAugmentation
from emotrace.learn.augment._range import Range, check_range, draw_from
from emotrace.learn.augment._vocoder import stretch

LEVEL = "signal"
KEEPS_LENGTH = False


@dataclass(frozen=True)
class TimeStretch(SignalAugmentation[float]):
    """Stretch time: the result has round(n_samples / rate) samples, at least one.

    Parameters
    ----------
    rate
        How many times as fast, 0.1 to 10; below 1 is slower and longer.
    decimals
        Digits that a drawn rate is rounded to, 1 to 15; None leaves it as it is.
    """

    rate: Range = (0.9, 1.1)
    decimals: int | None = None

    def __post_init__(self) -> None:
        check_range("time-stretch: rate", self.rate, 0.1, 10.0)
        if self.decimals is not None:
            check_range("time-stretch: decimals", (self.decimals, self.decimals), 1, 15)

    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> float:
        """Draw the rate."""
        rate = draw_from(self.rate, rng)
        return rate if self.decimals is None else round(rate, self.decimals)

    def apply(self, signal: Signal, sampling_rate: int, drawn: float) -> Signal:
        """Stretch by the rate drawn."""
        return stretch(signal, sampling_rate, drawn)


PRESETS: Mapping[str, TimeStretch] = {
    "default": TimeStretch(),
    "avatar": TimeStretch((0.90, 1.10), decimals=2),
    "capstone": TimeStretch(0.8),
    "quality-assurance": TimeStretch(0.75),
    "quality-assurance-demo": TimeStretch(0.5),
}
