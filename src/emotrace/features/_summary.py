"""From frames to one row of numbers by name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

STATISTICS = ("mean", "median", "std", "skew", "kurtosis", "min", "max")


def means(*matrices: Matrix) -> Matrix:
    """Give the means over frames of matrices of shape (n_frames, n), side by side."""
    return np.concatenate([matrix.mean(axis=0, dtype=np.float64) for matrix in matrices]).astype(np.float32)


def means_names(**widths: int) -> tuple[str, ...]:
    """Name the means: by family alone where it has one value, else numbered from 1.

    >>> means_names(rms=1, mfcc=2)
    ('rms_mean', 'mfcc_01_mean', 'mfcc_02_mean')
    """
    return tuple(f"{name}_mean" for family, width in widths.items() for name in numbered_names(family, width))


def numbered_names(family: str, width: int) -> list[str]:
    """Name the values of a family: by its name alone if there is one, else numbered from 1.

    >>> numbered_names("chroma", 12)[-1]
    'chroma_12'
    """
    digits = len(str(max(width, 10)))
    return [family] if width == 1 else [f"{family}_{n:0{digits}d}" for n in range(1, width + 1)]


def statistics(values: Matrix) -> Matrix:
    """Give mean, median, standard deviation, skewness, excess kurtosis, minimum and maximum of all values.

    Population moments, as in ``scipy.stats``; skewness and kurtosis of values that are all alike are 0.

    >>> statistics(np.array([1.0, 2.0, 6.0], dtype=np.float32)).tolist()[:2]
    [3.0, 2.0]
    """
    flat = values.ravel().astype(np.float64)
    mean = flat.mean()
    away = flat - mean
    variance = np.mean(away**2)
    # Below the rounding of the mean there is no shape to speak of.
    is_flat = variance <= (np.finfo(np.float64).eps * mean) ** 2
    skew = 0.0 if is_flat else np.mean(away**3) / variance**1.5
    kurtosis = 0.0 if is_flat else np.mean(away**4) / variance**2 - 3.0
    numbers = [mean, np.median(flat), np.sqrt(variance), skew, kurtosis, flat.min(), flat.max()]
    return np.array(numbers, dtype=np.float32)
