"""A room around the speaker: the signal convolved with an impulse response made by code.

The response is the direct sound, a few early reflections, and a diffuse tail: white noise under an exponential
decay of 60 dB in the reverberation time. The model is J.-D. Polack's (1988, "La transmission de l'énergie sonore
dans les salles", thesis, Le Mans); putting early reflections before it goes back to J. A. Moorer (1979), "About
this reverberation business", Computer Music Journal 3 (2).

The direct sound keeps its place and level, and the result is cut to the length of the signal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.learn.augment._augmentation import Signal, SignalAugmentation
from emotrace.learn.augment._range import Range, check_range, draw_from

LEVEL = "signal"
KEEPS_LENGTH = True

# A room of a few metres: the first wall is 1.4 m away or more, and the echoes have merged after 40 ms.
_EARLY_SECONDS = (0.004, 0.040)
_TAIL_STARTS_SECONDS = 0.010
_N_EARLY = 8


@dataclass(frozen=True)
class Room(SignalAugmentation[NDArray[np.float64]]):
    """Reverberate.

    Parameters
    ----------
    rt60_seconds
        Time in which the tail falls by 60 dB, 0.05 to 10 s.
    direct_to_reverberant_db
        Energy of the direct sound over that of all that follows it, -30 to 60 dB: low is far away.
    """

    rt60_seconds: Range = (0.2, 0.8)
    direct_to_reverberant_db: Range = (0.0, 12.0)

    def __post_init__(self) -> None:
        check_range("room: rt60_seconds", self.rt60_seconds, 0.05, 10.0, "s")
        check_range("room: direct_to_reverberant_db", self.direct_to_reverberant_db, -30.0, 60.0, "dB")

    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draw an impulse response, whose first sample, 1, is the direct sound."""
        rt60_seconds = draw_from(self.rt60_seconds, rng)
        ratio_db = draw_from(self.direct_to_reverberant_db, rng)
        time = np.arange(max(2, round(rt60_seconds * sampling_rate))) / sampling_rate
        decay = 10.0 ** (-3.0 * time / rt60_seconds)
        echoes = rng.standard_normal(time.size) * decay * (time >= min(_TAIL_STARTS_SECONDS, time[-1]))
        early = np.rint(rng.uniform(*_EARLY_SECONDS, _N_EARLY) * sampling_rate).astype(int)
        early = np.clip(early, 1, time.size - 1)
        # One of them carries as much as two milliseconds of the tail.
        strength = np.sqrt(0.002 * sampling_rate)
        np.add.at(echoes, early, strength * rng.choice([-1.0, 1.0], _N_EARLY) * decay[early])
        echoes[0] = 0.0
        echoes *= 10.0 ** (-ratio_db / 20.0) / np.sqrt(np.sum(echoes**2))
        echoes[0] = 1.0
        return np.asarray(echoes)

    def apply(self, signal: Signal, sampling_rate: int, drawn: NDArray[np.float64]) -> Signal:
        """Convolve with the impulse response."""
        # A power of two, because a length with a large prime factor costs a hundred times as much.
        n_fft = 1 << (signal.size + drawn.size - 2).bit_length()
        spectrum = np.fft.rfft(signal.astype(np.float64), n_fft) * np.fft.rfft(drawn, n_fft)
        return np.fft.irfft(spectrum, n_fft)[: signal.size].astype(np.float32)


PRESETS: Mapping[str, Room] = {
    "default": Room(),
    "office": Room((0.3, 0.5), (3.0, 9.0)),
    "hall": Room((1.2, 2.5), (-6.0, 3.0)),
}
