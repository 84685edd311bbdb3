"""A recording as a clip to keep: one channel at its own sampling rate, lossless, and no tags of the file."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import BinaryIO

import numpy as np
import soundfile

from emotrace.audio.channels import select_channel
from emotrace.audio.decode import open_audio
from emotrace.audio.limits import Limits

MOST_SECONDS = 60.0
"""A clip has one emotion; what is longer has more than one."""


def encode_clip(source: BinaryIO, limits: Limits) -> tuple[bytes, float]:
    """Give the mean of a recording's channels as FLAC of 16 bits, and its length in seconds.

    Raises
    ------
    AudioError, DecodeError, LimitError, MissingExtraError
        As `emotrace.audio.decode.open_audio`; and if it is longer than `MOST_SECONDS`.
    """
    bounded = replace(limits, max_seconds=min(limits.max_seconds, MOST_SECONDS))
    encoded, n_samples = io.BytesIO(), 0
    with open_audio(source, bounded) as reader:
        rate = reader.recording.sampling_rate
        with soundfile.SoundFile(encoded, "w", rate, 1, "PCM_16", format="FLAC") as file:
            for block in reader.blocks():
                signal = np.clip(select_channel(block, "mix"), -1.0, 1.0)
                file.write(signal)
                n_samples += len(signal)
    return encoded.getvalue(), n_samples / rate
