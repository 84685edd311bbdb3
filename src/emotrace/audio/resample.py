"""Change the sampling rate, block by block or at once, with the SoX resampler at high quality (soxr HQ).

Any sizes of blocks give the same samples as one push of everything.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emotrace.errors import UsageError


class Resampler:
    """Resample one signal as it comes.

    All output together has ``floor(n_samples * target_rate / source_rate + 0.5)`` samples, but at least
    one if any came in; output sample 0 is at the time of input sample 0 (the filter's delay is removed).

    Parameters
    ----------
    source_rate, target_rate
        In Hz, above 0. With equal rates the signal passes unchanged.

    Raises
    ------
    UsageError
        If a rate is not above 0.

    >>> resampler = Resampler(8000, 16000)
    >>> n = sum(len(resampler.push(np.zeros(100, np.float32))) for _ in range(8))
    >>> n + len(resampler.close())
    1600
    """

    def __init__(self, source_rate: int, target_rate: int) -> None:
        for role, rate in (("source", source_rate), ("target", target_rate)):
            if not rate > 0:
                raise UsageError(f"{role} sampling rate is {rate}; it must be above 0 Hz")
        self._stream = None
        self._last: NDArray[np.float32] = np.zeros(0, np.float32)
        self._n_out = 0
        self._is_closed = False
        if source_rate != target_rate:
            import soxr

            self._stream = soxr.ResampleStream(source_rate, target_rate, 1, dtype="float32", quality="HQ")

    def push(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next samples, shape (n_samples,); give those that are ready, which may be none."""
        if self._is_closed:
            raise UsageError("the resampler is closed; make a new one for a new signal")
        if self._stream is None:
            return signal
        signal = np.ascontiguousarray(signal, dtype=np.float32)
        if len(signal):
            self._last = signal[-1:].copy()
        return self._count(self._stream.resample_chunk(signal))

    def close(self) -> NDArray[np.float32]:
        """End the signal; give the samples that the filter still held. A second call gives none."""
        if self._stream is None or self._is_closed:
            self._is_closed = True
            return np.zeros(0, np.float32)
        self._is_closed = True
        rest = self._count(self._stream.resample_chunk(np.zeros(0, np.float32), last=True))
        # A signal shorter than half an output sample would vanish; it is kept as one sample.
        return rest if self._n_out else self._last

    def _count(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        self._n_out += len(signal)
        return signal


def resample(signal: NDArray[np.float32], source_rate: int, target_rate: int) -> NDArray[np.float32]:
    """Resample a whole signal.

    Parameters
    ----------
    signal
        Shape (n_samples,).
    source_rate, target_rate
        In Hz, above 0.

    Returns
    -------
    Signal of shape (floor(n_samples * target_rate / source_rate + 0.5),), float32; at least one sample
    if there was one.

    >>> resample(np.zeros(44100, np.float32), 44100, 16000).shape
    (16000,)
    """
    resampler = Resampler(source_rate, target_rate)
    return np.concatenate([resampler.push(np.asarray(signal, dtype=np.float32)), resampler.close()])
