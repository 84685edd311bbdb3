"""Louder or quieter; what is driven beyond full scale is clipped to [-1, 1], as a converter does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emotrace.learn.augment._augmentation import Signal, SignalAugmentation
from emotrace.learn.augment._range import Range, check_range, draw_from

LEVEL = "signal"
KEEPS_LENGTH = True


@dataclass(frozen=True)
class Gain(SignalAugmentation[float]):
    """Change the level.

    Parameters
    ----------
    gain_db
        In dB, -80 to 40; negative is quieter.
    """

    gain_db: Range = (-18.0, 6.0)

    def __post_init__(self) -> None:
        check_range("gain: gain_db", self.gain_db, -80.0, 40.0, "dB")

    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> float:
        """Draw the gain in dB."""
        return draw_from(self.gain_db, rng)

    def apply(self, signal: Signal, sampling_rate: int, drawn: float) -> Signal:
        """Multiply and clip."""
        return np.asarray(np.clip(signal * np.float32(10.0 ** (drawn / 20.0)), -1.0, 1.0))


PRESETS: Mapping[str, Gain] = {
    "default": Gain(),
    "whispered": Gain((-40.0, -20.0)),
    "too-loud": Gain((6.0, 20.0)),
}
