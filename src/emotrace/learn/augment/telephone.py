"""A telephone line: 8 kHz, 300 to 3400 Hz, eight bits by the mu-law of ITU-T Recommendation G.711, and back.

The result has the rate and the length of the signal, and nothing above 4 kHz. What lies beyond [-1, 1] is clipped
by the law. The band's edges are those of a telephone channel (ITU-T G.712), 3 dB down at 300 and 3400 Hz.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.pcm import PcmReader
from emotrace.audio.resample import resample
from emotrace.errors import UsageError
from emotrace.learn.augment._augmentation import Signal, SignalAugmentation
from emotrace.learn.augment._length import fit_length

LEVEL = "signal"
KEEPS_LENGTH = True

RATE_HZ = 8_000
# How steeply the band ends: 6 dB per octave and order on the low side.
_ORDER_LOW = 4
_ORDER_HIGH = 24
_BIAS = 33
_LARGEST = 8_192 - _BIAS - 1


@dataclass(frozen=True)
class Telephone(SignalAugmentation[None]):
    """Send a signal through a telephone line; nothing of it is drawn.

    Parameters
    ----------
    lowest_hz, highest_hz
        Edges of the band, 20 to 4000 Hz.
    has_mu_law
        False leaves the eight bits out.
    """

    lowest_hz: float = 300.0
    highest_hz: float = 3_400.0
    has_mu_law: bool = True

    def __post_init__(self) -> None:
        is_band = 20.0 <= self.lowest_hz < self.highest_hz <= RATE_HZ / 2
        if not is_band:
            raise UsageError(
                f"telephone: the band is {self.lowest_hz!r} to {self.highest_hz!r} Hz; "
                f"it must lie in 20 to {RATE_HZ // 2} Hz, lowest first"
            )

    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> None:
        """Draw nothing."""

    def apply(self, signal: Signal, sampling_rate: int, drawn: None) -> Signal:
        """Resample, limit the band, code and decode, resample back."""
        line = self._limit_band(resample(signal, sampling_rate, RATE_HZ))
        if self.has_mu_law:
            line = PcmReader("mulaw").push(encode_mu_law(line).tobytes())[0]
        return fit_length(resample(line, RATE_HZ, sampling_rate), signal.size)

    def _limit_band(self, line: Signal) -> Signal:
        """Filter without delay, by the magnitudes of two Butterworth filters."""
        # Zeros after the signal keep its end from reaching its start.
        n_fft = 1 << (line.size + RATE_HZ // 20).bit_length()
        hz = np.maximum(np.fft.rfftfreq(n_fft, 1.0 / RATE_HZ), 1e-3)
        low = 1.0 + (self.lowest_hz / hz) ** (2 * _ORDER_LOW)
        high = 1.0 + (hz / self.highest_hz) ** (2 * _ORDER_HIGH)
        filtered = np.fft.irfft(np.fft.rfft(line.astype(np.float64), n_fft) / np.sqrt(low * high), n_fft)
        return filtered[: line.size].astype(np.float32)


def encode_mu_law(signal: Signal) -> NDArray[np.uint8]:
    """Give the codes of G.711's mu-law, one byte per sample; `emotrace.audio.pcm.PcmReader` decodes them."""
    samples = np.rint(signal.astype(np.float64) * 8_192).astype(np.int64)
    magnitude = np.minimum(np.abs(samples), _LARGEST) + _BIAS
    # The position of the highest bit above the bias's: 0 to 7.
    exponent = np.floor(np.log2(magnitude)).astype(np.int64) - 5
    mantissa = (magnitude >> (exponent + 1)) & 15
    return np.asarray(~((samples < 0) * 0x80 | exponent << 4 | mantissa) & 0xFF, dtype=np.uint8)


PRESETS: Mapping[str, Telephone] = {
    "default": Telephone(),
    "band-only": Telephone(has_mu_law=False),
}
