"""Something else to be heard behind the voice, at a given distance in dB below the speech.

The ratio is that of the active speech level (pauses do not count, after ITU-T P.56) to the root mean square of the
whole background. Sounds come from those given, or are made by code. Digital silence has no level, and stays as it
is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.resample import resample
from emotrace.errors import UnknownNameError, UsageError
from emotrace.features._level import FLOOR_DBFS, speech_level_dbfs
from emotrace.learn.augment._augmentation import Signal, SignalAugmentation, check_signal
from emotrace.learn.augment._range import Range, check_range, draw_from
from emotrace.learn.augment._sounds import make_babble, make_pink

LEVEL = "signal"
KEEPS_LENGTH = True

SOUNDS = {"babble": make_babble, "pink": make_pink}
"""Backgrounds that are made by code."""


@dataclass(frozen=True)
class Background(SignalAugmentation[tuple[NDArray[np.float64], float]]):
    """Mix a background in.

    Parameters
    ----------
    sound
        What is made where no signals are given: one of `SOUNDS`.
    snr_db
        Active speech level over the level of the background, -40 to 100 dB.
    signals
        Backgrounds to choose from, shape (n,) each, not silent: from a random place on, around in a circle.
    signals_rate
        Their sampling rate in Hz; needed with them.
    """

    sound: str = "babble"
    snr_db: Range = (5.0, 20.0)
    signals: tuple[Signal, ...] = field(default=(), repr=False, compare=False)
    signals_rate: int | None = None

    def __post_init__(self) -> None:
        if self.sound not in SOUNDS:
            raise UnknownNameError("background", str(self.sound), SOUNDS)
        check_range("background: snr_db", self.snr_db, -40.0, 100.0, "dB")
        if not isinstance(self.signals, tuple):
            raise UsageError(f"background: signals is {type(self.signals).__name__}; give a tuple of arrays")
        for number, signal in enumerate(self.signals):
            if not check_signal(f"background: signals[{number}]", signal, self.signals_rate).any():
                raise UsageError(f"background: signals[{number}] is digital silence; give one that is heard")

    def draw(
        self, n_samples: int, sampling_rate: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], float]:
        """Draw a background of the signal's length, and the ratio in dB."""
        snr_db = draw_from(self.snr_db, rng)
        if not self.signals:
            return SOUNDS[self.sound](n_samples, sampling_rate, rng), snr_db
        given = np.asarray(self.signals[rng.integers(len(self.signals))], dtype=np.float32)
        background = resample(given, self.signals_rate or sampling_rate, sampling_rate)
        places = (np.arange(n_samples) + rng.integers(background.size)) % background.size
        return background[places].astype(np.float64), snr_db

    def apply(self, signal: Signal, sampling_rate: int, drawn: tuple[NDArray[np.float64], float]) -> Signal:
        """Scale the background and add it."""
        background, snr_db = drawn
        level_db, power = speech_level_dbfs(signal, sampling_rate), np.mean(background**2)
        if level_db <= FLOOR_DBFS or power == 0.0:
            return signal.copy()
        scale = 10.0 ** ((level_db - snr_db) / 20.0) / np.sqrt(power)
        return np.asarray(signal + scale * background, dtype=np.float32)


PRESETS: Mapping[str, Background] = {
    "default": Background(),
    "crowd": Background("babble", (0.0, 5.0)),
    "pink": Background("pink", (5.0, 20.0)),
}
