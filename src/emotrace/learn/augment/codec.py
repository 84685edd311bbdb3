"""A lossy codec there and back: what messengers, podcasts and mobile telephones leave of a voice.

Coded and decoded in memory by libsndfile: MP3 (LAME), Opus, Vorbis, and GSM 06.10 full rate. A signal whose rate
the codec does not know goes to its next higher one (or its highest) and back. Length and place in time stay as
they are; what lies beyond [-1, 1] is clipped.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from emotrace.audio.resample import resample
from emotrace.errors import UnknownNameError
from emotrace.learn.augment._augmentation import Signal, SignalAugmentation
from emotrace.learn.augment._length import fit_length
from emotrace.learn.augment._range import Range, check_range, draw_from

LEVEL = "signal"
KEEPS_LENGTH = True

_MP3_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_OPUS_HZ = (8_000, 12_000, 16_000, 24_000, 48_000)
CODECS: Mapping[str, tuple[str, str, tuple[int, ...]]] = {
    "mp3": ("MP3", "MPEG_LAYER_III", _MP3_HZ),
    "opus": ("OGG", "OPUS", _OPUS_HZ),
    "vorbis": ("OGG", "VORBIS", _MP3_HZ),
    "gsm": ("WAV", "GSM610", (8_000,)),
}
"""Container, coding and rates in Hz by name of the codec."""

_MOST_COMPRESSION = 0.999
"""LAME refuses the 1 that libsndfile allows."""


@dataclass(frozen=True)
class Codec(SignalAugmentation[float]):
    """Code and decode.

    Parameters
    ----------
    codec
        One of `CODECS`.
    compression
        From 0 (best) to 1 (smallest), as libsndfile counts for each codec; GSM knows one quality only.
    """

    codec: str = "opus"
    compression: Range = (0.8, 1.0)

    def __post_init__(self) -> None:
        if self.codec not in CODECS:
            raise UnknownNameError("codec", str(self.codec), CODECS)
        check_range("codec: compression", self.compression, 0.0, 1.0)

    def draw(self, n_samples: int, sampling_rate: int, rng: np.random.Generator) -> float:
        """Draw the compression."""
        return draw_from(self.compression, rng)

    def apply(self, signal: Signal, sampling_rate: int, drawn: float) -> Signal:
        """Resample if need be, code, decode, resample back."""
        if not signal.any():
            return signal.copy()
        rates = CODECS[self.codec][2]
        rate = next((rate for rate in rates if rate >= sampling_rate), rates[-1])
        decoded = self._code(np.clip(resample(signal, sampling_rate, rate), -1.0, 1.0), rate, drawn)
        return np.clip(fit_length(resample(decoded, rate, sampling_rate), signal.size), -1.0, 1.0)

    def _code(self, signal: Signal, rate: int, compression: float) -> Signal:
        import soundfile

        container, coding, _ = CODECS[self.codec]
        quality = {} if self.codec == "gsm" else {"compression_level": min(compression, _MOST_COMPRESSION)}
        with io.BytesIO() as file:
            soundfile.write(file, signal, rate, format=container, subtype=coding, **quality)
            file.seek(0)
            decoded, _ = soundfile.read(file, dtype="float32")
        return np.asarray(decoded, dtype=np.float32)


PRESETS: Mapping[str, Codec] = {
    "default": Codec(),
    "messenger": Codec("opus", (0.95, 1.0)),
    "mobile": Codec("gsm"),
    "mp3": Codec("mp3", (0.5, 1.0)),
}
