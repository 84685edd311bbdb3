"""How loud a channel is, moment by moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRAME_SECONDS = 0.05
"""How far apart the levels are."""

Signal = NDArray[np.float32]


class LevelMeter:
    """Gives the level of one stream every `FRAME_SECONDS`."""

    def __init__(self, sampling_rate: int) -> None:
        self._n = round(FRAME_SECONDS * sampling_rate)
        self._rest: Signal = np.empty(0, dtype=np.float32)
        self._levels: list[NDArray[np.float32]] = []

    def push(self, block: Signal) -> None:
        """Take the next samples, shape (n_samples,)."""
        samples = np.concatenate([self._rest, block])
        n_whole = samples.size // self._n * self._n
        self._rest = samples[n_whole:]
        if n_whole:
            self._levels.append(_levels(samples[:n_whole].reshape(-1, self._n)))

    def close(self) -> NDArray[np.float32]:
        """Give all levels in dBFS, shape (n_frames,); the last frame may be shorter."""
        if self._rest.size:
            self._levels.append(_levels(self._rest[np.newaxis]))
        return np.concatenate(self._levels) if self._levels else np.empty(0, dtype=np.float32)


def _levels(frames: Signal) -> NDArray[np.float32]:
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    levels: NDArray[np.float32] = (10.0 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)
    return levels
