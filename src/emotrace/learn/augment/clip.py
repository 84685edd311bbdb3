"""Overload: the crests of the wave are cut off, as where somebody shouts into a cheap microphone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emotrace.learn.augment._augmentation import Signal, SignalAugmentation
from emotrace.learn.augment._range import Range, check_range, draw_from

LEVEL = "signal"
KEEPS_LENGTH = True


@dataclass(frozen=True)
class Clip(SignalAugmentation[float]):
    """Clip the signal symmetrically, some way below its own peak, and bring that up to the peak again.

    Parameters
    ----------
    depth_db
        How far below the peak, in dB, 0 to 60.
    """

    depth_db: Range = (3.0, 15.0)

    def __post_init__(self) -> None:
        check_range("clip: depth_db", self.depth_db, 0.0, 60.0, "dB")

    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> float:
        """Draw the depth in dB."""
        return draw_from(self.depth_db, rng)

    def apply(self, signal: Signal, sampling_rate: int, drawn: float) -> Signal:
        """Drive the signal beyond what was its peak, and clip it there."""
        peak = np.abs(signal).max()
        return np.asarray(np.clip(signal * np.float32(10.0 ** (drawn / 20.0)), -peak, peak))


PRESETS: Mapping[str, Clip] = {
    "default": Clip(),
    "light": Clip((1.0, 4.0)),
    "shouted": Clip((15.0, 25.0)),
}
