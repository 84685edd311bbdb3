"""White noise, in proportion to the loudest sample: k x U(0, 1) x max(signal) x N(0, 1).

The even draw, one per clip, makes some copies all but clean. The reference projects differ in k only; the
quality-assurance project listened to the strong one, and trained with the other.
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
class Noise(SignalAugmentation[Signal]):
    """Add white noise.

    Parameters
    ----------
    amount
        Standard deviation of the noise as a share of the loudest sample, at its most; 0 to 1.
    """

    amount: float = 0.035

    def __post_init__(self) -> None:
        check_range("noise: amount", (self.amount, self.amount), 0.0, 1.0)

    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> Signal:
        """Draw the noise for a signal whose loudest sample is 1."""
        strength = self.amount * rng.uniform()
        return (strength * rng.standard_normal(n_samples)).astype(np.float32)

    def apply(self, signal: Signal, sampling_rate: int, drawn: Signal) -> Signal:
        """Add the noise; as published it is the largest sample that counts, not the largest magnitude."""
        return np.asarray(signal + signal.max() * drawn)


PRESETS: Mapping[str, Noise] = {
    "default": Noise(),
    "avatar": Noise(0.015),
    "capstone": Noise(0.035),
    "quality-assurance": Noise(0.030),
    "quality-assurance-demo": Noise(0.1),
}
