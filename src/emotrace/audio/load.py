"""From a recording to signals at the rate and of the channel that a model wants."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.channels import Channel, check_channel, select_channel
from emotrace.audio.decode import AudioReader, open_audio
from emotrace.audio.limits import DEFAULT_LIMITS, Limits
from emotrace.audio.resample import Resampler
from emotrace.audio.source import show_path
from emotrace.errors import AudioError
from emotrace.types import Recording, Segment


class AudioStream:
    """An open recording that gives signals: decoded, one channel chosen, resampled. See `open_stream`.

    Attributes
    ----------
    recording
        What the file says of itself (its own sampling rate, not the one delivered).
    sampling_rate
        Of the signals delivered, in Hz.
    """

    def __init__(
        self,
        reader: AudioReader,
        sampling_rate: int,
        channel: Channel | Literal["each"],
        block_seconds: float,
    ) -> None:
        self.recording: Recording = reader.recording
        self.sampling_rate = sampling_rate
        self._reader = reader
        self._channel = channel
        self._block_seconds = block_seconds
        if channel != "each":
            check_channel(channel, self.recording.n_channels, self.recording.path)
        n_resamplers = self.recording.n_channels if channel == "each" else 1
        self._resamplers = [Resampler(self.recording.sampling_rate, sampling_rate) for _ in range(n_resamplers)]

    def __enter__(self) -> AudioStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the recording. May be called twice."""
        self._reader.close()

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Give signals of shape (n_samples,), or (n_channels, n_samples) for channel ``"each"``."""
        for block in self._reader.blocks(self._block_seconds):
            rows = block if self._channel == "each" else [select_channel(block, self._channel)]
            pushed = [r.push(row) for r, row in zip(self._resamplers, rows, strict=True)]
            if len(pushed[0]):
                yield self._shape(pushed)
        rest = [resampler.close() for resampler in self._resamplers]
        if len(rest[0]):
            yield self._shape(rest)

    def _shape(self, rows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.stack(rows) if self._channel == "each" else rows[0]


def open_stream(
    path: str | os.PathLike[str] | BinaryIO,
    sampling_rate: int = 16000,
    channel: Channel | Literal["each"] = "mix",
    limits: Limits = DEFAULT_LIMITS,
    block_seconds: float = 1.0,
) -> AudioStream:
    """Open a recording as a stream of signals, knowing its `Recording` before the first one.

    Parameters
    ----------
    path
        A file or a binary stream.
    sampling_rate
        To resample to, in Hz.
    channel
        Counted from 0; ``"mix"`` for the mean of all; ``"each"`` for all of them side by side.
    limits
        The largest recording that is accepted.
    block_seconds
        How much is decoded at a time, above 0.

    Returns
    -------
    A context manager to iterate over once.

    Raises
    ------
    AudioError, DecodeError, LimitError, MissingExtraError, UsageError
        As `emotrace.audio.decode.open_audio` and `emotrace.audio.channels.select_channel`.
    """
    reader = open_audio(path, limits)
    try:
        return AudioStream(reader, sampling_rate, channel, block_seconds)
    except BaseException:
        reader.close()
        raise


def stream_audio(
    path: str | os.PathLike[str] | BinaryIO,
    sampling_rate: int = 16000,
    channel: Channel = "mix",
    limits: Limits = DEFAULT_LIMITS,
    block_seconds: float = 1.0,
) -> Iterator[NDArray[np.float32]]:
    """Give one channel (or the mix) of a recording in signals of shape (n_samples,); see `open_stream`."""
    with open_stream(path, sampling_rate, channel, limits, block_seconds) as stream:
        yield from stream


def stream_channels(
    path: str | os.PathLike[str] | BinaryIO,
    sampling_rate: int = 16000,
    limits: Limits = DEFAULT_LIMITS,
    block_seconds: float = 1.0,
) -> Iterator[NDArray[np.float32]]:
    """Give all channels of a recording, decoded once, in signals of shape (n_channels, n_samples)."""
    with open_stream(path, sampling_rate, "each", limits, block_seconds) as stream:
        yield from stream


def load_audio(
    path: str | os.PathLike[str] | BinaryIO,
    sampling_rate: int = 16000,
    channel: Channel = "mix",
    limits: Limits = DEFAULT_LIMITS,
) -> NDArray[np.float32]:
    """Read a whole recording.

    Returns
    -------
    Signal of shape (n_samples,), float32 in [-1, 1] (resampling may overshoot a little), with at least
    one sample.

    Raises
    ------
    AudioError, DecodeError, LimitError, MissingExtraError, UsageError
        As `open_stream`.
    """
    return np.concatenate(list(stream_audio(path, sampling_rate, channel, limits)))


def load_segment(path: str | os.PathLike[str], segment: Segment | None, sampling_rate: int) -> NDArray[np.float32]:
    """Read a stretch of a recording, mixed to one channel; all of it where ``segment`` is None.

    Returns
    -------
    Signal of shape (n_samples,), float32, with at least one sample; shorter than the segment if the recording
    ends within it.

    Raises
    ------
    AudioError
        As `load_audio`, and if the recording ends before the segment starts.
    """
    signal = load_audio(path, sampling_rate)
    if segment is None:
        return signal
    stretch = signal[round(segment.start * sampling_rate) : round(segment.end * sampling_rate)]
    if not stretch.size:
        name = show_path(os.fspath(path))
        raise AudioError(f"{name}: ends before {segment.start:g} s, where the segment starts")
    return stretch
