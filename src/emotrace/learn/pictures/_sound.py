"""Clips as pages hold them: short, small, and played by every browser."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.load import load_audio
from emotrace.types import Segment

SAMPLING_RATE = 16_000
LONGEST_SECONDS = 12.0
"""Longer clips are cut."""
# Of soundfile's scale from best (0) to smallest (1): 40 kbit/s.
_COMPRESSION = 0.8


class Sound(NamedTuple):
    """An encoded clip and what it is, for instance ``audio/mpeg``."""

    data: bytes
    media_type: str


def load_sound(file: str, segment: Segment | None = None) -> Sound:
    """Read a clip, or its first twelve seconds, and encode it small.

    Raises
    ------
    AudioError, MissingExtraError
        If it cannot be read.
    """
    signal = load_audio(file, SAMPLING_RATE)
    if segment is not None:
        signal = signal[round(segment.start * SAMPLING_RATE) : round(segment.end * SAMPLING_RATE)]
    return encode_sound(signal)


def encode_sound(signal: NDArray[np.float32]) -> Sound:
    """Encode a signal at 16 kHz, shape (n_samples,), as MP3; as FLAC where libsndfile cannot write that."""
    import soundfile

    short = np.clip(signal[: round(LONGEST_SECONDS * SAMPLING_RATE)], -1.0, 1.0)
    stream = io.BytesIO()
    if "MP3" in soundfile.available_formats():
        how = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT"}
        with soundfile.SoundFile(stream, "w", SAMPLING_RATE, 1, compression_level=_COMPRESSION, **how) as encoder:
            encoder.write(short)
        return Sound(stream.getvalue(), "audio/mpeg")
    soundfile.write(stream, short, SAMPLING_RATE, format="FLAC", subtype="PCM_16")
    return Sound(stream.getvalue(), "audio/flac")
