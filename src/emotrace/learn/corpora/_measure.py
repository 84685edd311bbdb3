"""Measure the audio of utterances in one pass, in constant memory: length, level, clipping, fingerprint."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.decode import open_audio
from emotrace.errors import AudioWarning
from emotrace.types import Segment, Utterance

# Clipped recordings reach it exactly, and lossy codecs overshoot rather than fall short.
_FULL_SCALE = 0.999


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one utterance's samples are like, at the file's own sampling rate.

    Attributes
    ----------
    seconds
        Length of what is there; shorter than the segment asked for if the file ends before.
    peak_db, rms_db
        Largest sample and root mean square of all channels in dB relative to full scale; -inf for zeros.
    longest_clip
        Longest run of samples at full scale, in samples.
    content
        SHA-256 of sampling rate, number of channels and samples: equal for equal decoded audio, whatever the
        container.
    warnings
        What the decoder complained of.
    """

    seconds: float
    peak_db: float
    rms_db: float
    longest_clip: int
    content: str
    warnings: tuple[str, ...] = ()


def measure_file(file: str, segments: Sequence[Segment | None]) -> list[Measurement]:
    """Decode a file once and measure each of its segments (None: all of it).

    Raises
    ------
    EmotraceError
        If the file cannot be decoded.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AudioWarning)
        with open_audio(file) as reader:
            rate = reader.recording.sampling_rate
            meters = [_Meter(rate, reader.recording.n_channels) for _ in segments]
            start = 0
            for block in reader.blocks():
                for meter, segment in zip(meters, segments, strict=True):
                    meter.push(_overlap(block, start, segment, rate))
                start += block.shape[1]
    complaints = tuple(dict.fromkeys(str(warning.message) for warning in caught))
    return [replace(meter.read(), warnings=complaints) for meter in meters]


def say_nothing(n_done: int) -> None:
    """Tell nobody about progress."""


def add_content(utterances: Sequence[Utterance], on_done: Callable[[int], Any] = say_nothing) -> list[Utterance]:
    """Give the utterances with the fingerprint of their audio, by which a split finds identical ones.

    ``on_done`` is told the number of utterances done so far after each file.
    """
    contents: dict[int, str] = {}
    for file, indices in by_file(utterances).items():
        measurements = measure_file(file, [utterances[index].segment for index in indices])
        contents.update(zip(indices, (m.content for m in measurements), strict=True))
        on_done(len(contents))
    return [replace(utterance, content=contents[index]) for index, utterance in enumerate(utterances)]


def by_file(utterances: Sequence[Utterance]) -> dict[str, list[int]]:
    """Give the positions of the utterances of each file, so that a long recording is decoded once."""
    files: dict[str, list[int]] = {}
    for index, utterance in enumerate(utterances):
        files.setdefault(utterance.file, []).append(index)
    return files


def _overlap(
    block: NDArray[np.float32], start: int, segment: Segment | None, sampling_rate: int
) -> NDArray[np.float32]:
    if segment is None:
        return block
    first = round(segment.start * sampling_rate) - start
    last = round(segment.end * sampling_rate) - start
    return block[:, max(0, first) : max(0, last)]


@dataclass(slots=True)
class _Meter:
    sampling_rate: int
    n_channels: int
    n_samples: int = 0
    energy: float = 0.0
    peak: float = 0.0
    run: int = 0
    longest_run: int = 0
    digest: Any = field(init=False)

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256(f"{self.sampling_rate} {self.n_channels} ".encode())

    def push(self, block: NDArray[np.float32]) -> None:
        if block.shape[1] == 0:
            return
        # Interleaved, so that the fingerprint does not depend on where blocks end; + 0.0 makes -0.0 to 0.0.
        self.digest.update(np.ascontiguousarray(block.T.astype("<f4") + np.float32(0.0)).tobytes())
        self.n_samples += block.shape[1]
        self.energy += float(np.sum(np.square(block, dtype=np.float64)))
        self.peak = max(self.peak, float(np.max(np.abs(block))))
        self._count_full_scale(np.max(np.abs(block), axis=0) >= _FULL_SCALE)

    def _count_full_scale(self, is_full: NDArray[np.bool_]) -> None:
        if not is_full.any():
            self.run = 0
            return
        gaps = np.flatnonzero(~is_full)
        if gaps.size == 0:
            self.run += is_full.size
            self.longest_run = max(self.longest_run, self.run)
            return
        between = int(np.max(np.diff(gaps), initial=1)) - 1
        self.longest_run = max(self.longest_run, self.run + int(gaps[0]), between)
        self.run = is_full.size - 1 - int(gaps[-1])
        self.longest_run = max(self.longest_run, self.run)

    def read(self) -> Measurement:
        mean = self.energy / max(1, self.n_samples * self.n_channels)
        return Measurement(
            seconds=self.n_samples / self.sampling_rate,
            peak_db=_to_db(self.peak),
            rms_db=_to_db(math.sqrt(mean)),
            longest_clip=self.longest_run,
            content=self.digest.hexdigest(),
        )


def _to_db(amplitude: float) -> float:
    return 20.0 * math.log10(amplitude) if amplitude > 0.0 else -math.inf
