"""The clip turned in a circle: what leaves it at one end comes back at the other.

Two reference projects declare it, by up to 5,000 samples at 22,050 Hz (0.23 s), and do not use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emotrace.learn.augment._augmentation import Signal, SignalAugmentation
from emotrace.learn.augment._range import check_range

LEVEL = "signal"
KEEPS_LENGTH = True


@dataclass(frozen=True)
class TimeShift(SignalAugmentation[int]):
    """Shift in time, in a circle.

    Parameters
    ----------
    most_samples
        How far at the most, to either side, in samples; 0 to 10,000,000.
    """

    most_samples: int = 5_000

    def __post_init__(self) -> None:
        check_range("time-shift: most_samples", (self.most_samples, self.most_samples), 0, 10_000_000, "samples")

    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> int:
        """Draw how many samples later; negative is earlier."""
        return int(rng.integers(-self.most_samples, self.most_samples, endpoint=True))

    def apply(self, signal: Signal, sampling_rate: int, drawn: int) -> Signal:
        """Turn the signal by the samples drawn."""
        return np.roll(signal, drawn)


PRESETS: Mapping[str, TimeShift] = {
    "default": TimeShift(),
    "capstone": TimeShift(5_000),
    "quality-assurance": TimeShift(5_000),
}
