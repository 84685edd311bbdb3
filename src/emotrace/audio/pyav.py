"""Decode with PyAV (FFmpeg, the extra ``av``): m4a, mp4, webm, mkv, amr, 3gp, wma, aac, sound of videos."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.decoder import UnreadableError
from emotrace.audio.limits import Limits, check_recording, check_seconds
from emotrace.audio.source import Source
from emotrace.errors import DecodeError
from emotrace.types import Recording

# FFmpeg also opens play lists and session descriptions, which make it read other files and the network.
# Only containers that carry their own samples are let in.
_CONTAINERS = (
    "aac ac3 aiff amr amrnb amrwb ape asf asf_o au avi caf dts dtshd eac3 flac flv g722 gsm loas matroska "
    "mov mp3 mpeg mpegts nut ogg rm tta voc w64 wav webm wv"
)
_OPTIONS = {"format_whitelist": _CONTAINERS.replace(" ", ","), "protocol_whitelist": "pipe"}
# Containers whose header gives the length, and whose packets give the time, reliably.
_TIMED = ("matroska", "mov")
_LENGTH_KNOWN = (*_TIMED, "asf")
# Shorter differences come from rounded time stamps and from the codec's delay.
_GAP_SECONDS = 0.1
_TOLERANCE_SECONDS = 0.25
# Of a frame of 8 planes or more PyAV reads beyond the end (seen in 18.1): those are interleaved first.
_SAFE_PLANES = 7


class PyavDecoder:
    """A recording read by FFmpeg; see `emotrace.audio.decoder.Decoder`.

    The first audio track is read. Pauses that a WebM or MP4 does not store (packets left out in silence)
    are filled with zeros, so that times stay true.

    Raises
    ------
    DecodeError
        If the file is understood but holds no audio track.
    ImportError
        If PyAV is not installed.
    LimitError
        If the header is beyond ``limits``.
    UnreadableError
        If FFmpeg does not know the container or cannot decode anything.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        import av

        self._errors: tuple[type[Exception], ...] = (av.error.FFmpegError, ValueError, EOFError, MemoryError)
        self._limits = limits
        self.damage: str | None = None
        source.seek(0)
        try:
            self._container = av.open(source, mode="r", options=_OPTIONS, metadata_errors="ignore")
        except self._errors as error:
            raise UnreadableError(_reason(error)) from None
        try:
            self._open(source.label)
        except BaseException:
            self._container.close()
            raise

    def _open(self, name: str) -> None:
        import av

        if not self._container.streams.audio:
            has = "a video without sound" if self._container.streams.video else "no audio track"
            raise DecodeError(f"{name}: holds {has}; give a file with an audio track")
        self._stream = self._container.streams.audio[0]
        context = self._stream.codec_context
        # A track of an unknown codec has no context.
        if context is None:
            raise UnreadableError("unknown codec")
        if context.sample_rate and context.layout.nb_channels:
            self._describe(name, context.sample_rate, context.layout.nb_channels)
            check_recording(self.recording, self._limits)
        self._frames = self._decode()
        first = next(self._frames, None)
        if first is None:
            raise UnreadableError(self.damage or "no samples could be decoded")
        # A header can differ from what the codec gives (AAC with spectral band replication).
        self._describe(name, first.sample_rate, first.layout.nb_channels)
        self._converter = av.AudioResampler(format="flt")
        self._start = first.time
        self._n_decoded = 0
        self._pieces: list[NDArray[np.float32]] = []
        self._n_waiting = 0
        self._is_over = False
        self._take(first)

    def _describe(self, name: str, sampling_rate: int, n_channels: int) -> None:
        container = self._container.format.name.split(",")[0]
        self.recording = Recording(
            path=name,
            sampling_rate=int(sampling_rate),
            n_channels=int(n_channels),
            n_samples=self._length(container, sampling_rate),
            format=f"{container} {self._stream.codec_context.name}".upper(),
        )
        self._is_timed = container in _TIMED
        self.tolerance_samples = round(_TOLERANCE_SECONDS * sampling_rate)

    def _length(self, container: str, sampling_rate: int) -> int | None:
        # Elsewhere FFmpeg guesses the duration from the bit rate.
        if container not in _LENGTH_KNOWN:
            return None
        if self._stream.duration and self._stream.time_base:
            return round(self._stream.duration * self._stream.time_base * sampling_rate)
        # The container's clock counts microseconds.
        duration = self._container.duration
        return round(duration * sampling_rate / 1_000_000) if duration and duration > 0 else None

    def _decode(self) -> Generator[Any, None, None]:
        n_bad = 0
        try:
            for packet in self._container.demux(self._stream):
                try:
                    frames = packet.decode()
                except self._errors as error:
                    # One broken packet costs a few milliseconds; the next may be whole.
                    n_bad += 1
                    self.damage = f"{n_bad} damaged packets left out (last: {_reason(error)})"
                    continue
                yield from frames
        except self._errors as error:
            self.damage = f"damaged ({_reason(error)})"

    def _take(self, frame: Any) -> None:
        """Convert one frame to float32 and queue it, after the silence that it follows."""
        recording = self.recording
        if (frame.sample_rate, frame.layout.nb_channels) != (recording.sampling_rate, recording.n_channels):
            self._stop("its sampling rate or number of channels changes")
            return
        self._fill_gap(frame.time)
        frame.pts = None
        try:
            pieces = self._convert(frame)
        except self._errors as error:
            self._stop(_reason(error))
            return
        for piece in pieces:
            self._queue(piece)

    def _convert(self, frame: Any) -> list[NDArray[np.float32]]:
        """Give the samples of a frame as float32 arrays (n_channels, n_samples)."""
        n_channels = self.recording.n_channels
        if frame.format.name == "fltp" and n_channels <= _SAFE_PLANES:
            return [frame.to_ndarray()]
        pieces = [piece.to_ndarray() for piece in self._converter.resample(frame)]
        return [np.asarray(piece, np.float32).reshape(-1, n_channels).T for piece in pieces]

    def _fill_gap(self, time: float | None) -> None:
        if not self._is_timed or time is None or self._start is None:
            return
        rate = self.recording.sampling_rate
        gap = time - self._start - self._n_decoded / rate
        if gap > _GAP_SECONDS:
            check_seconds(self.recording.path, self._n_decoded / rate + gap, self._limits)
            # A view of one zero: an hour of silence takes no memory.
            self._queue(np.broadcast_to(np.float32(0.0), (self.recording.n_channels, round(gap * rate))))

    def _queue(self, piece: NDArray[np.float32]) -> None:
        self._pieces.append(piece)
        self._n_waiting += piece.shape[1]
        self._n_decoded += piece.shape[1]

    def _stop(self, reason: str) -> None:
        self.damage = f"{reason} after {self._n_decoded / self.recording.sampling_rate:.2f} s"
        self._is_over = True

    def read(self, n_samples: int) -> NDArray[np.float32]:
        """Give the next block, (n_channels, at most n_samples)."""
        while self._n_waiting < n_samples and not self._is_over:
            frame = next(self._frames, None)
            if frame is None:
                self._is_over = True
            else:
                self._take(frame)
        return self._pop(n_samples)

    def _pop(self, n_samples: int) -> NDArray[np.float32]:
        taken, n_taken = [np.zeros((self.recording.n_channels, 0), np.float32)], 0
        while self._pieces and n_taken < n_samples:
            piece = self._pieces.pop(0)
            n = min(n_samples - n_taken, piece.shape[1])
            if n < piece.shape[1]:
                self._pieces.insert(0, piece[:, n:])
            taken.append(piece[:, :n])
            n_taken += n
        self._n_waiting -= n_taken
        return np.concatenate(taken, axis=1)

    def close(self) -> None:
        """Free FFmpeg's handles; the source stays open."""
        self._frames.close()
        self._container.close()


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
