"""Decode with libsndfile: wav, flac, ogg (Vorbis, Opus), mp3, aiff, au, caf, NIST sphere."""

from __future__ import annotations

import numpy as np
import soundfile
from numpy.typing import NDArray

from emotrace.audio.containers import name_common
from emotrace.audio.decoder import UnreadableError
from emotrace.audio.source import Source
from emotrace.types import Recording

# libsndfile says so of a length it does not know (a FLAC that was written to a pipe).
_UNKNOWN_LENGTH = 2**62
# Without a Xing header the length of an mp3 is counted in frames of 1,152 samples, delay and all.
_MP3_TOLERANCE = 2 * 1152
# Formats whose open end libsndfile may give up on while the samples before it can still be had.
_COMPRESSED = ("OGG", "MP3", "FLAC")
_ERRORS = (soundfile.SoundFileError, RuntimeError, TypeError, ValueError)


class _ForwardFile(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A sound file that is only read onwards.

    python-soundfile seeks to where it already is after each read. In an mp3 that seek throws away the
    bit reservoir and damages the samples at the start of each block; in a FLAC of unknown length it fails.
    """

    def seekable(self) -> bool:
        return False


class SndfileDecoder:
    """A recording read by libsndfile; see `emotrace.audio.decoder.Decoder`.

    Raises
    ------
    UnreadableError
        If libsndfile does not know the format, finds it malformed, or finds no samples in it.
    """

    def __init__(self, source: Source) -> None:
        if name_common(source.head()) is None:
            raise UnreadableError("format not recognised")
        try:
            self._file = _ForwardFile(source)
        except _ERRORS as error:
            raise UnreadableError(_reason(error)) from None
        n_samples = int(self._file.frames)
        if n_samples <= 0 and self._file.format in _COMPRESSED:
            self._file.close()
            raise UnreadableError("malformed, no samples found")
        self.recording = Recording(
            path=source.label,
            sampling_rate=int(self._file.samplerate),
            n_channels=int(self._file.channels),
            n_samples=None if n_samples >= _UNKNOWN_LENGTH else max(0, n_samples),
            format=f"{self._file.format} {self._file.subtype}",
        )
        self.damage: str | None = _header_damage(self._file.format, self._file.extra_info)
        self.tolerance_samples = _MP3_TOLERANCE if self._file.format == "MP3" else 0
        self._n_read = 0

    def read(self, n_samples: int) -> NDArray[np.float32]:
        """Give the next block, (n_channels, at most n_samples)."""
        total = self.recording.n_samples
        if total is not None:
            n_samples = min(n_samples, total - self._n_read)
        # libsndfile leaves NaN in place where a damaged file stops, which shows how far it came.
        block = np.full((max(0, n_samples), self.recording.n_channels), np.nan, np.float32)
        if n_samples > 0:
            block = self._fill(block)
        self._n_read += len(block)
        return np.ascontiguousarray(block.T)

    def _fill(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            return block[: len(self._file.read(out=block))]
        except _ERRORS as error:
            holes = np.flatnonzero(np.isnan(block).any(axis=1))
            block = block[: holes[0]] if len(holes) else block
            seconds = (self._n_read + (len(block) if len(holes) else 0)) / self.recording.sampling_rate
            self.damage = f"damaged near {seconds:.1f} s: {_reason(error)}"
            return block

    def close(self) -> None:
        """Free libsndfile's handle; the source stays open."""
        self._file.close()


def _reason(error: Exception) -> str:
    text = str(getattr(error, "error_string", None) or error)
    if "does not exist" in text:  # what libsndfile says of an mp3 that it gave up on
        return "malformed"
    return " ".join(text.replace("Error : ", "").split()).rstrip(".")


def _header_damage(file_format: str, log: str) -> str | None:
    """Read libsndfile's parsing log for a size that does not fit; of WAV see `emotrace.audio.wav`."""
    if file_format in ("WAV", "WAVEX"):
        return None
    if "lacks an end-of-stream bit" in log or "Junk after the last page" in log:
        return "its last page is missing or broken: cut short, or recorded from a live stream"
    if "(should be" in log or "not equal to frame count" in log:
        return "its header promises another size than the file has; reading what is there"
    return None
