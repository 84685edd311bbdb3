"""Raw PCM on standard input, as ``arecord``, ``ffmpeg`` and ``sox`` send it: taken as it comes."""

from __future__ import annotations

import os
import queue
import sys
import threading

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.pcm import PcmReader
from emotrace.errors import DecodeError, UsageError

_READ_BYTES = 1 << 16
_MOST_WAITING = 16
_EXAMPLE = "arecord -t raw -f S16_LE -r 16000 | emotrace listen -"
_HEADERS = {b"RIFF": "a WAV file", b"RIFX": "a WAV file", b"RF64": "a WAV file", b"fLaC": "a FLAC file",
            b"OggS": "an Ogg file", b"ID3\x03": "an MP3 file", b"ID3\x04": "an MP3 file", b"FORM": "an AIFF file",
            b".snd": "an AU file"}  # fmt: skip


class RawInput:
    """The samples on standard input; a thread reads, so that whoever waits for them can do other things meanwhile.

    Parameters
    ----------
    encoding, n_channels
        As for `emotrace.audio.pcm.PcmReader`.

    Raises
    ------
    UsageError
        If standard input is a terminal, or an argument is wrong.
    """

    def __init__(self, encoding: str, n_channels: int) -> None:
        self._reader = PcmReader(encoding, n_channels)
        if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
            raise UsageError(f"standard input is no stream of samples; pipe raw PCM into it: {_EXAMPLE}")
        self._file = sys.stdin.fileno()
        # Bounded: a program that sends faster than can be heard has to wait.
        self._pieces: queue.Queue[bytes | OSError] = queue.Queue(_MOST_WAITING)
        self._begin = b""
        self._n_bytes = 0
        self._is_finished = False
        threading.Thread(target=self._read, name="standard input", daemon=True).start()

    @property
    def is_finished(self) -> bool:
        """True when standard input has ended and all of it has been given."""
        return self._is_finished

    def read(self, timeout_seconds: float = 0.1) -> NDArray[np.float32] | None:
        """Give what has come, shape (n_channels, n_samples); None if nothing does in time, or at the end.

        Raises
        ------
        DecodeError
            If it is no raw PCM, or ends without a single sample.
        OSError
            If it cannot be read.
        """
        try:
            piece = self._pieces.get(timeout=timeout_seconds)
        except queue.Empty:
            return None
        if isinstance(piece, OSError):
            raise piece
        if not piece:
            self._finish()
            return None
        self._refuse_headers(piece)
        self._n_bytes += len(piece)
        return self._reader.push(piece)

    def close(self) -> None:
        """Read no more; what standard input still holds is left to it."""
        self._is_finished = True

    def _finish(self) -> None:
        self._is_finished = True
        n_left = self._reader.close()
        if self._n_bytes == n_left:
            raise DecodeError(f"standard input: no audio came ({self._n_bytes} bytes); send raw PCM: {_EXAMPLE}")

    def _refuse_headers(self, piece: bytes) -> None:
        """Refuse what would sound like noise: a file with a header is not raw, whatever it holds."""
        if self._n_bytes < 4:
            self._begin = (self._begin + piece[:4])[:4]
            if self._begin in _HEADERS:
                raise DecodeError(
                    f"standard input: {_HEADERS[self._begin]}, not raw PCM; send it without its header "
                    "(arecord -t raw, sox -t raw, ffmpeg -f s16le), or use `emotrace analyze FILE`"
                )

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._file, _READ_BYTES)
            except OSError as error:
                self._pieces.put(error)
                return
            self._pieces.put(piece)
            if not piece:
                return
