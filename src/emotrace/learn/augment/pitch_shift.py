"""Speech higher or lower at the same tempo: stretched by the phase vocoder, played faster or slower.

As ``librosa.effects.pitch_shift`` does it. The formants move with the pitch, as if the vocal tract were shorter or
longer.

The avatar project drew its number of semitones from 0.85 to 1.15, so that every clip went up by about one: surely
a ratio was meant. The preset does what was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emotrace.learn.augment._augmentation import Signal, SignalAugmentation
from emotrace.learn.augment._length import change_rate
from emotrace.learn.augment._range import Range, check_range, draw_from
from emotrace.learn.augment._vocoder import stretch

LEVEL = "signal"
KEEPS_LENGTH = True


@dataclass(frozen=True)
class PitchShift(SignalAugmentation[float]):
    """Shift the pitch.

    Parameters
    ----------
    semitones
        How far up (positive) or down (negative), -24 to 24; twelve make an octave.
    """

    semitones: Range = (-2.0, 2.0)

    def __post_init__(self) -> None:
        check_range("pitch-shift: semitones", self.semitones, -24.0, 24.0)

    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> float:
        """Draw the number of semitones."""
        return draw_from(self.semitones, rng)

    def apply(self, signal: Signal, sampling_rate: int, drawn: float) -> Signal:
        """Stretch by the ratio of the pitches, and play the result that much faster."""
        ratio = 2.0 ** (drawn / 12.0)
        return change_rate(stretch(signal, sampling_rate, 1.0 / ratio), ratio, signal.size)


PRESETS: Mapping[str, PitchShift] = {
    "default": PitchShift(),
    "avatar": PitchShift((0.85, 1.15)),
    "capstone": PitchShift(0.7),
    "quality-assurance": PitchShift(0.8),
    "quality-assurance-demo": PitchShift(2.0),
}
