"""What a call's page plays and draws: the recording as a small MP3, and the peaks of each party's voice.

MP3 is what soundfile can write and every browser plays, from a data address too (Ogg Opus, half the size, is
silent in older Safari). Calls are mixed to one channel: whoever listens with one ear should miss nobody. The bit
rate is constant, so that a player finds any moment without reading what lies before it, and high enough for the
header that tells players how much silence the encoder added: what is heard at 1:00 is what was said at 1:00.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.channels import Channel, check_channel, select_channel
from emotrace.audio.decode import open_audio
from emotrace.audio.limits import DEFAULT_LIMITS, Limits
from emotrace.audio.resample import Resampler

MAX_AUDIO_SECONDS = 3600.0
"""Longer calls are not played: at 16 kHz an hour is 18 MB, which a page holds as 24 MB of text."""

N_PEAKS = 1600
"""Most peaks per party: more than a wide screen has columns for."""

_FRAMES_PER_SECOND = 50
_NARROW_BAND, _WIDE_BAND = 8_000, 16_000
# soundfile's scale from best (0) to smallest (1): 24 kbit/s at 8 kHz, 40 kbit/s at 16 kHz.
_COMPRESSION = {_NARROW_BAND: 0.7, _WIDE_BAND: 0.8}


class PlayerAudio(NamedTuple):
    """What `make_player_audio` gives.

    Attributes
    ----------
    audio
        An encoded recording; None if none is wanted, or the call is longer than `MAX_AUDIO_SECONDS`.
    media_type
        Of ``audio``, for instance ``audio/mpeg``.
    peaks
        By party, the highest absolute sample of each of up to `N_PEAKS` equal stretches that fill the call,
        scaled so that the loudest of all parties is 1.
    """

    audio: bytes | None
    media_type: str
    peaks: dict[str, list[float]]


def make_player_audio(
    path: str | os.PathLike[str] | BinaryIO,
    parties: Mapping[str, Channel],
    limits: Limits = DEFAULT_LIMITS,
    has_audio: bool = True,
) -> PlayerAudio:
    """Encode a call for its page and measure its waveform, in one pass over the recording.

    Memory holds the encoded audio (5 kB a second at most) and 50 numbers a second and party, never the samples.

    Parameters
    ----------
    path
        The recording.
    parties
        The channel of each party, counted from 0, or ``"mix"``.
    limits
        The largest recording that is read.
    has_audio
        Whether the recording is encoded, too.

    Raises
    ------
    AudioError, DecodeError, LimitError, MissingExtraError, UsageError
        As `emotrace.audio.decode.open_audio` and `emotrace.audio.channels.select_channel`.
    """
    with open_audio(path, limits) as reader:
        recording = reader.recording
        for channel in parties.values():
            check_channel(channel, recording.n_channels, recording.path)
        encoder = _Encoder(recording.sampling_rate, MAX_AUDIO_SECONDS if has_audio else 0.0)
        meters = {party: _PeakMeter(recording.sampling_rate) for party in parties}
        for block in reader.blocks():
            encoder.push(block)
            for party, channel in parties.items():
                meters[party].push(select_channel(block, channel))
    peaks = {party: meter.close() for party, meter in meters.items()}
    return PlayerAudio(encoder.close(), encoder.media_type, _scale(peaks))


class _Encoder:
    """Mixes, resamples and encodes blocks; gives up, and frees what it has, once the call is too long to play."""

    def __init__(self, sampling_rate: int, max_seconds: float) -> None:
        import soundfile

        rate = _NARROW_BAND if sampling_rate <= _NARROW_BAND else _WIDE_BAND
        self._resampler = Resampler(sampling_rate, rate)
        self._bytes: io.BytesIO | None = io.BytesIO()
        self._n_left = round(max_seconds * sampling_rate)
        self.media_type, kind = _choose_format(rate)
        self._file = soundfile.SoundFile(self._bytes, "w", samplerate=rate, channels=1, **kind)

    def push(self, block: NDArray[np.float32]) -> None:
        self._n_left -= block.shape[1]
        if self._bytes is None:
            return
        if self._n_left < 0:
            self._file.close()
            self._bytes = None
            return
        self._write(self._resampler.push(_mix(block)))

    def close(self) -> bytes | None:
        if self._bytes is None:
            return None
        self._write(self._resampler.close())
        self._file.close()
        return self._bytes.getvalue()

    def _write(self, signal: NDArray[np.float32]) -> None:
        if len(signal):
            self._file.write(np.clip(signal, -1.0, 1.0))


def _choose_format(sampling_rate: int) -> tuple[str, dict[str, str | float]]:
    import soundfile

    if "MP3" not in soundfile.available_formats():
        # The libsndfile of some distributions; FLAC is larger, and plays everywhere too.
        return "audio/flac", {"format": "FLAC", "subtype": "PCM_16"}
    constant: dict[str, str | float] = {
        "bitrate_mode": "CONSTANT",
        "compression_level": _COMPRESSION[sampling_rate],
    }
    return "audio/mpeg", {"format": "MP3", "subtype": "MPEG_LAYER_III", **constant}


def _mix(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Add the channels up as loud as people who seldom speak at once may be; the mean would be half as loud."""
    scale = np.float32(len(block) ** -0.5)
    mixed: NDArray[np.float32] = np.clip(block.sum(axis=0, dtype=np.float32) * scale, -1.0, 1.0)
    return mixed


class _PeakMeter:
    """The highest absolute sample of each frame of 20 ms, whatever the blocks."""

    def __init__(self, sampling_rate: int) -> None:
        self._frame_samples = max(1, sampling_rate // _FRAMES_PER_SECOND)
        self._rest = np.zeros(0, np.float32)
        self._peaks: list[NDArray[np.float32]] = []

    def push(self, signal: NDArray[np.float32]) -> None:
        level = np.concatenate([self._rest, np.abs(signal)])
        n_whole = len(level) // self._frame_samples * self._frame_samples
        self._peaks.append(level[:n_whole].reshape(-1, self._frame_samples).max(axis=1))
        self._rest = level[n_whole:].copy()

    def close(self) -> NDArray[np.float32]:
        if len(self._rest):
            self._peaks.append(self._rest.max(keepdims=True))
        return _reduce(np.concatenate(self._peaks))


def _reduce(peaks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Leave the highest of each of `N_PEAKS` equal stretches."""
    if len(peaks) <= N_PEAKS:
        return peaks
    starts = np.arange(N_PEAKS) * len(peaks) // N_PEAKS
    reduced: NDArray[np.float32] = np.maximum.reduceat(peaks, starts)
    return reduced


def _scale(peaks: Mapping[str, NDArray[np.float32]]) -> dict[str, list[float]]:
    loudest = max((float(values.max(initial=0.0)) for values in peaks.values()), default=0.0)
    scale = 1.0 / loudest if loudest > 0.0 else 0.0
    return {party: [round(float(peak) * scale, 3) for peak in values] for party, values in peaks.items()}
