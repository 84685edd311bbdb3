"""Pictures made of spectrograms: rows from the highest band to the lowest, columns in order of time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

SIZE = 64
"""Height and width, in pixels."""

NAMES = ("red", "green", "blue")
SHAPE = (SIZE, SIZE, len(NAMES))


def upright(frames: Matrix) -> Matrix:
    """Turn (n_frames, n_bands) into (n_bands, n_frames) with the highest band on top."""
    return frames.T[::-1]


def shrink(picture: Matrix) -> Matrix:
    """Give a picture of shape (height, width, n) the shape (64, 64, n); every pixel is the mean of its area."""
    height, width, _ = picture.shape
    rows, columns = _shares(height), _shares(width)
    return np.asarray(np.einsum("ih,hwn,jw->ijn", rows, picture, columns, optimize=True), dtype=np.float32)


@lru_cache(maxsize=64)
def _shares(n: int) -> Matrix:
    """Give the share of each of ``n`` cells in each of 64 that cover the same length, (64, n)."""
    cells = np.arange(n) * SIZE
    pixels = np.arange(SIZE)[:, np.newaxis] * n
    overlap = np.minimum(cells + SIZE, pixels + n) - np.maximum(cells, pixels)
    return np.asarray(np.maximum(overlap, 0) / n, dtype=np.float32)
