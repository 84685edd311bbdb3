"""The tape played faster or slower: tempo, pitch and formants move together.

T. Ko, V. Peddinti, D. Povey and S. Khudanpur (2015), "Audio augmentation for speech recognition", Interspeech:
copies at 0.9, 1 and 1.1 times the speed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emotrace.learn.augment._augmentation import Signal, SignalAugmentation
from emotrace.learn.augment._length import change_rate
from emotrace.learn.augment._range import Range, check_range, draw_from

LEVEL = "signal"
KEEPS_LENGTH = False


@dataclass(frozen=True)
class Speed(SignalAugmentation[float]):
    """Change the speed: the result has round(n_samples / factor) samples, at least one.

    Parameters
    ----------
    factor
        How many times as fast, 0.1 to 10.
    """

    factor: Range = (0.9, 1.1)

    def __post_init__(self) -> None:
        check_range("speed: factor", self.factor, 0.1, 10.0)

    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> float:
        """Draw the factor."""
        return draw_from(self.factor, rng)

    def apply(self, signal: Signal, sampling_rate: int, drawn: float) -> Signal:
        """Resample."""
        return change_rate(signal, drawn, max(1, round(signal.size / drawn)))


PRESETS: Mapping[str, Speed] = {
    "default": Speed(),
    "slower": Speed(0.9),
    "faster": Speed(1.1),
}
