"""Raw samples without a header, as microphones, pipes and telephone networks send them, in pieces of any size.

The encodings are named as FFmpeg names them: ``s16le`` (16-bit integers) and ``f32le`` (32-bit floats), both
little-endian, and ``mulaw`` and ``alaw``, the two companding laws of ITU-T Recommendation G.711, one byte each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotrace.audio.limits import DEFAULT_LIMITS
from emotrace.errors import DecodeError, UnknownNameError, UsageError

ENCODINGS = ("s16le", "f32le", "mulaw", "alaw")
"""What `PcmReader` can read."""

_DTYPES: Mapping[str, np.dtype[Any]] = {
    "s16le": np.dtype("<i2"),
    "f32le": np.dtype("<f4"),
    "mulaw": np.dtype("u1"),
    "alaw": np.dtype("u1"),
}
_CODES = np.arange(256)


class PcmReader:
    """Turn raw bytes into samples; what is cut in the middle of a sample waits for the next piece.

    Parameters
    ----------
    encoding
        One of `ENCODINGS`.
    n_channels
        How many channels are interleaved, 1 to 64.

    Raises
    ------
    UsageError
        If there is no such encoding, or the number of channels is out of range.

    Examples
    --------
    >>> reader = PcmReader("s16le", n_channels=2)
    >>> reader.push(b"\\x00\\x40\\x00").shape, reader.push(b"\\xc0").tolist(), reader.close()
    ((2, 0), [[0.5], [-0.5]], 0)
    """

    def __init__(self, encoding: str, n_channels: int = 1) -> None:
        if encoding not in ENCODINGS:
            raise UnknownNameError("encoding", str(encoding), ENCODINGS)
        most = DEFAULT_LIMITS.max_channels
        if isinstance(n_channels, bool) or not isinstance(n_channels, int) or not 1 <= n_channels <= most:
            raise UsageError(f"n_channels is {n_channels!r}; it must be a whole number from 1 to {most}")
        self._encoding, self._n_channels = encoding, n_channels
        self._dtype = _DTYPES[encoding]
        self._frame_bytes = self._dtype.itemsize * n_channels
        self._table = {"mulaw": _MULAW, "alaw": _ALAW}.get(encoding)
        self._rest = b""
        self._is_closed = False

    def push(self, data: bytes | bytearray | memoryview) -> NDArray[np.float32]:
        """Take the next bytes and give the samples that are whole.

        Returns
        -------
        Samples of shape (n_channels, n_samples), float32 in [-1, 1], perhaps none. Floats beyond are clipped.

        Raises
        ------
        DecodeError
            If floats are NaN or infinite. The reader is then as it was before: nothing of ``data`` was taken.
        UsageError
            If ``data`` are no bytes, or after `close`.
        """
        if self._is_closed:
            raise UsageError("the reader is closed; make a new one for a new stream")
        if not isinstance(data, bytes | bytearray | memoryview):
            raise UsageError(f"raw audio must come as bytes, got {type(data).__name__}")
        everything = self._rest + bytes(data)
        n_bytes = len(everything) - len(everything) % self._frame_bytes
        samples = self._decode(np.frombuffer(everything[:n_bytes], dtype=self._dtype))
        self._rest = everything[n_bytes:]
        return np.ascontiguousarray(samples.reshape(-1, self._n_channels).T)

    def close(self) -> int:
        """End the stream; give the number of bytes left over from an unfinished sample (of any channel)."""
        n_left, self._rest, self._is_closed = len(self._rest), b"", True
        return n_left

    def _decode(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        samples: NDArray[np.float32]
        if self._table is not None:
            samples = self._table[codes]
        elif self._encoding == "s16le":
            samples = codes.astype(np.float32) / np.float32(32768)
        elif np.isfinite(codes).all():
            samples = np.clip(codes, -1.0, 1.0).astype(np.float32)
        else:
            raise DecodeError(
                "raw audio: samples that are NaN or infinite; is it really f32le, and whole from its first byte?"
            )
        return samples


def _decode_mulaw(codes: NDArray[np.int_]) -> NDArray[np.float32]:
    """Decode mu-law: all bits inverted; sign, exponent (3 bits), mantissa (4 bits); 14-bit values."""
    codes = ~codes & 0xFF
    exponent, mantissa = codes >> 4 & 7, codes & 15
    magnitude = ((2 * mantissa + 33) << exponent) - 33
    return (np.where(codes & 0x80, -magnitude, magnitude) / 8192).astype(np.float32)


def _decode_alaw(codes: NDArray[np.int_]) -> NDArray[np.float32]:
    """Decode A-law: every second bit inverted; sign, exponent (3 bits), mantissa (4 bits); 13-bit values."""
    codes = codes ^ 0x55
    exponent, mantissa = codes >> 4 & 7, codes & 15
    magnitude = np.where(exponent == 0, 2 * mantissa + 1, (2 * mantissa + 33) << np.maximum(exponent - 1, 0))
    return (np.where(codes & 0x80, magnitude, -magnitude) / 4096).astype(np.float32)


_MULAW, _ALAW = _decode_mulaw(_CODES), _decode_alaw(_CODES)
