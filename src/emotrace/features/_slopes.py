"""How features change in time: derivatives of a polynomial fitted around every frame.

References
----------
A. Savitzky and M. Golay (1964), "Smoothing and differentiation of data by simplified least squares procedures",
Analytical Chemistry 36(8).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

WIDTH = 9


def slopes(values: NDArray[np.float32], order: int) -> NDArray[np.float32]:
    """Give the derivative in time, per frame, from nine frames around each; as librosa's ``delta``.

    Parameters
    ----------
    values
        Shape (n_frames, n). With fewer than nine frames, the outer ones are repeated on both sides.
    order
        1 or 2: which derivative, of a polynomial of the same degree.

    Returns
    -------
    ndarray of float32, shape (n_frames, n)
    """
    n_frames = len(values)
    missing = max(0, WIDTH - n_frames)
    padded = np.pad(values, ((missing // 2, missing - missing // 2), (0, 0)), mode="edge").astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WIDTH, axis=0)
    inner = windows @ _weights(order, WIDTH // 2)
    # At either end, the polynomial of the outermost nine frames goes on.
    first = [windows[0] @ _weights(order, place) for place in range(WIDTH // 2)]
    last = [windows[-1] @ _weights(order, place) for place in range(WIDTH // 2 + 1, WIDTH)]
    every = np.concatenate([first, inner, last])
    return np.asarray(every[missing // 2 : missing // 2 + n_frames], dtype=np.float32)


@lru_cache(maxsize=2 * WIDTH)
def _weights(order: int, place: int) -> NDArray[np.float64]:
    """Give the weights of nine frames in the derivative at frame ``place`` of them."""
    powers = np.vander(np.arange(WIDTH) - float(place), order + 1, increasing=True)
    return np.asarray(math.factorial(order) * np.linalg.pinv(powers)[order])
