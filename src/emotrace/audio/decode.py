"""Open any recording and read it in blocks of checked samples; the whole is never held in memory.

What can read a file is decided by its content: libsndfile is asked first, PyAV (the extra ``av``) second.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.containers import name_common, name_container
from emotrace.audio.decoder import Decoder, UnreadableError
from emotrace.audio.limits import DEFAULT_LIMITS, Limits, check_recording, check_seconds
from emotrace.audio.pyav import PyavDecoder
from emotrace.audio.sndfile import SndfileDecoder
from emotrace.audio.source import Source, open_source
from emotrace.audio.wav import find_damage
from emotrace.errors import AudioWarning, DecodeError, MissingExtraError, UsageError
from emotrace.types import Recording

# Lossy codecs overshoot full scale a little as a matter of course; this is 6 dB and no overshoot.
_OVERSHOOT = 2.0
# However many channels and however high the rate, a block stays within 16 MiB.
_MAX_BLOCK_VALUES = 4 * 1024**2


class AudioReader:
    """An open recording, read from first to last sample; a context manager. Made by `open_audio`.

    Attributes
    ----------
    recording
        Path, sampling rate, channels and, where the container says so, length.
    n_samples
        How many samples (per channel) have been read so far.
    """

    def __init__(self, source: Source, decoder: Decoder, limits: Limits) -> None:
        self.recording: Recording = decoder.recording
        self.n_samples = 0
        self._source = source
        self._decoder = decoder
        self._limits = limits
        self._is_closed = False
        self._is_finished = False
        self._is_clipped = False

    def __enter__(self) -> AudioReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file (a caller's own stream stays open). May be called twice."""
        if not self._is_closed:
            self._is_closed = True
            self._decoder.close()
            self._source.close()

    def blocks(self, block_seconds: float = 1.0) -> Iterator[NDArray[np.float32]]:
        """Give the samples, in order, in blocks.

        Parameters
        ----------
        block_seconds
            Length of a block in seconds, above 0; the last may be shorter, and blocks of very many
            channels at a very high rate are.

        Yields
        ------
        Blocks of shape (n_channels, n_samples), float32 in [-1, 1], never empty.

        Raises
        ------
        DecodeError
            If nothing can be decoded, or a sample is not a finite number.
        LimitError
            If it goes on for longer than the limits allow.
        UsageError
            If ``block_seconds`` is not above 0, or the reader is closed.

        Warns
        -----
        AudioWarning
            If the file ends early or is damaged, or its samples go far beyond full scale (they are
            clipped).
        """
        n_samples = self._block_samples(block_seconds)
        while True:
            if self._is_closed:
                raise UsageError(f"{self.recording.path}: the reader is closed; open the recording again")
            block = self._decoder.read(n_samples)
            if block.shape[1] == 0:
                break
            yield self._check(block)
        self._finish()

    def _block_samples(self, block_seconds: float) -> int:
        if not block_seconds > 0:
            raise UsageError(f"block_seconds is {block_seconds}; it must be above 0")
        most = _MAX_BLOCK_VALUES // self.recording.n_channels
        return max(1, int(min(block_seconds * self.recording.sampling_rate, most)))

    def _check(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        rate, name = self.recording.sampling_rate, self.recording.path
        # Minimum and maximum are NaN or infinite if any sample is.
        low, high = float(block.min()), float(block.max())
        if not np.isfinite(low + high):
            channel, i = min(np.argwhere(~np.isfinite(block)).tolist(), key=lambda place: int(place[1]))
            raise DecodeError(
                f"{name}: sample at {(self.n_samples + i) / rate:.4f} s (channel {channel}) is "
                f"{block[channel, i]}, not a finite number; repair or export the recording again"
            )
        self.n_samples += block.shape[1]
        check_seconds(name, self.n_samples / rate, self._limits)
        if max(-low, high) > 1.0:
            self._warn_clipped(max(-low, high))
            np.clip(block, -1.0, 1.0, out=block)
        return block

    def _warn_clipped(self, peak: float) -> None:
        if peak > _OVERSHOOT and not self._is_clipped:
            self._is_clipped = True
            _warn(f"{self.recording.path}: samples reach {peak:.4g} where full scale is 1; they are clipped")

    def _finish(self) -> None:
        if self._is_finished:
            return
        self._is_finished = True
        name, damage, promised = self.recording.path, self._decoder.damage, self.recording.n_samples
        if self.n_samples == 0:
            raise DecodeError(f"{name}: holds no samples; record or copy it again")
        heard = f"{self.n_samples / self.recording.sampling_rate:.2f} s"
        if promised is not None and self.n_samples < promised - self._decoder.tolerance_samples:
            why = f" ({damage})" if damage else ""
            _warn(f"{name}: ends early, {heard} of {self.recording.duration:.2f} s can be read{why}")
        elif damage:
            _warn(f"{name}: {damage}; {heard} can be read")


def open_audio(path: str | os.PathLike[str] | BinaryIO, limits: Limits = DEFAULT_LIMITS) -> AudioReader:
    """Open a recording of any common format.

    Parameters
    ----------
    path
        A file, or a binary stream, which is read from its beginning and not closed.
    limits
        The largest recording that is accepted.

    Returns
    -------
    A reader; use it in a ``with`` statement.

    Raises
    ------
    AudioError
        If there is no such file, it may not be read, or it is a folder, a pipe or a device.
    DecodeError
        If it is empty, not audio, damaged beyond reading, or without an audio track.
    LimitError
        If its size or its header is beyond the limits.
    MissingExtraError
        If reading this container needs the extra ``av``.

    Warns
    -----
    AudioWarning
        If a WAV header is wrong about the size of its samples.
    """
    source = open_source(path, limits)
    try:
        notes = _repair(source)
        decoder = _open_decoder(source, limits)
    except BaseException:
        source.close()
        raise
    reader = AudioReader(source, decoder, limits)
    try:
        check_recording(reader.recording, limits)
        if reader.recording.n_samples == 0:
            raise DecodeError(f"{source.label}: holds no samples; record or copy it again")
        for note in notes:
            _warn(f"{source.label}: {note}")
    except BaseException:
        reader.close()
        raise
    return reader


def _repair(source: Source) -> list[str]:
    damage = find_damage(source)
    if damage is None:
        return []
    source.patches = damage.patches
    return [damage.note]


def _open_decoder(source: Source, limits: Limits) -> Decoder:
    try:
        return SndfileDecoder(source)
    except UnreadableError as error:
        reason = str(error)
    head = source.head()
    container = name_container(head, source.label)
    try:
        decoder = PyavDecoder(source, limits)
    except ImportError:
        if container is not None:
            raise MissingExtraError(f"{source.label}: reading {container} audio", "av") from None
        raise _undecodable(source.label, name_common(head), reason) from None
    except UnreadableError as error:
        if container is not None:
            reason = str(error)
        raise _undecodable(source.label, container or name_common(head), reason) from None
    if "malformed" in reason:
        decoder.damage = decoder.damage or "damaged or cut short"
    return decoder


def _undecodable(name: str, kind: str | None, reason: str) -> DecodeError:
    if kind is None:
        return DecodeError(
            f"{name}: not audio ({reason}); give a recording such as wav, flac, ogg, mp3, m4a or webm"
        )
    return DecodeError(f"{name}: this {kind} file cannot be decoded ({reason}); copy or export it again")


def _warn(message: str) -> None:
    warnings.warn(message, AudioWarning, stacklevel=3)
