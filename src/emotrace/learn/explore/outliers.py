"""Clips that are unlike the others.

The distance of a value is taken in robust standard deviations: from the median, in units of 1.4826 times the
median absolute deviation, after Iglewicz & Hoaglin (1993), "How to detect and handle outliers". Means and standard
deviations would be moved by the very values that are looked for. Where more than half of the clips are alike that
unit is all but nothing, and is replaced; see `robust_distances`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FAR = 5.0
"""So many robust standard deviations away a value is called far."""
N_CLIPS = 12
_N_NAMED = 3
_MAD_TO_STD = 1.4826
_ALL_ALIKE = 0.01


def robust_distances(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the signed distance of every value in its column, shape (n, n_features).

    A column's unit is never so small that what lies between its deciles is far: what four clips of five do is not
    unusual, and of ten clips or fewer none is. (In a normal distribution that floor is half the unit.) Where the
    deciles meet too, because all clips but a few are alike, the unit is the standard deviation: only an exception
    is far from the rest. Distances in a constant column are 0.

    >>> robust_distances(np.array([[0.0]] * 11 + [[1.0]] * 8 + [[9.0]])).round(1).ravel().tolist()[-2:]
    [5.0, 45.0]
    """
    values = np.asarray(matrix, dtype=np.float64)
    away = values - np.median(values, axis=0)
    low = np.percentile(values, 10, axis=0, method="lower")
    high = np.percentile(values, 90, axis=0, method="higher")
    scale = np.maximum(_MAD_TO_STD * np.median(np.abs(away), axis=0), (high - low) / FAR)
    spread = values.std(axis=0)
    scale = np.where(scale < _ALL_ALIKE * spread, spread, scale)
    return np.divide(away, scale, out=np.zeros_like(away), where=scale > 0.0)


def find_outliers(matrix: NDArray[np.floating], names: Sequence[str], files: Sequence[str]) -> dict[str, Any]:
    """Find the clips with the most far values.

    Returns
    -------
    dict
        ``far`` (the bound), ``n_clips`` with any far value, ``per_feature`` (how many clips are far in each), and
        ``clips``, the worst first, at most 12: ``{"row", "file", "n_far", "features": [{"name", "distance"}]}``.
    """
    distances = robust_distances(matrix)
    is_far = np.abs(distances) > FAR
    n_far = is_far.sum(axis=1)
    # Of clips with equally many, the one that is farthest away comes first.
    order = np.lexsort((-np.abs(distances).max(axis=1, initial=0.0), -n_far))
    return {
        "far": FAR,
        "n_clips": int((n_far > 0).sum()),
        "per_feature": dict(zip(names, is_far.sum(axis=0).tolist(), strict=True)),
        "clips": [
            {
                "row": row,
                "file": files[row],
                "n_far": int(n_far[row]),
                "features": _farthest(distances[row], names),
            }
            for row in order[:N_CLIPS].tolist()
            if n_far[row]
        ],
    }


def _farthest(distances: NDArray[np.float64], names: Sequence[str]) -> list[dict[str, Any]]:
    order = np.argsort(-np.abs(distances))[:_N_NAMED]
    return [
        {"name": names[k], "distance": round(float(distances[k]), 1)}
        for k in order.tolist()
        if abs(distances[k]) > FAR
    ]
