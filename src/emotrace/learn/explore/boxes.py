"""Distributions in a few numbers: boxes with whiskers, after Tukey, and histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from emotrace.learn.explore.groups import group_order

WHISKER_REACH = 1.5
"""Whiskers end at the outermost value within so many times the height of the box."""
N_BINS = 32

Numbers = dict[str, Any]


def box(values: npt.ArrayLike) -> Numbers:
    """Give the box of a distribution.

    Parameters
    ----------
    values
        Any shape; what is not finite is left out.

    Returns
    -------
    dict
        ``n, mean, std, min, low, q1, median, q3, high, max, outliers``: the whiskers end at ``low`` and ``high``,
        ``outliers`` are the values beyond them. Without any value all but ``n`` are None.

    >>> box([1.0, 2.0, 3.0, 4.0, 100.0])["outliers"]
    [100.0]
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    array = np.sort(array[np.isfinite(array)])
    if not array.size:
        names = ("mean", "std", "min", "low", "q1", "median", "q3", "high", "max")
        return {"n": 0, **dict.fromkeys(names), "outliers": []}
    q1, median, q3 = np.percentile(array, (25, 50, 75)).tolist()
    reach = WHISKER_REACH * (q3 - q1)
    within = array[(array >= q1 - reach) & (array <= q3 + reach)]
    # Of two values there may be none within.
    low, high = (min(within[0], q1), max(within[-1], q3)) if within.size else (q1, q3)
    return {
        "n": int(array.size),
        "mean": float(array.mean()),
        "std": float(array.std()),
        "min": float(array[0]),
        "low": float(low),
        "q1": q1,
        "median": median,
        "q3": q3,
        "high": float(high),
        "max": float(array[-1]),
        "outliers": [float(value) for value in array if not low <= value <= high],
    }


def boxes_by(values: npt.ArrayLike, groups: Sequence[str]) -> dict[str, Numbers]:
    """Give the box of each group's values, in the order of `group_order`."""
    array, names = np.asarray(values, dtype=np.float64), np.asarray(groups)
    return {group: box(array[names == group]) for group in group_order(groups)}


def histogram(values: npt.ArrayLike, edges: npt.ArrayLike | None = None) -> Numbers:
    """Count values in bins of equal width: ``{"edges", "counts"}``; what lies outside counts at the ends."""
    array = np.asarray(values, dtype=np.float64).ravel()
    array = array[np.isfinite(array)]
    bounds = bin_edges(array) if edges is None else np.asarray(edges, dtype=np.float64)
    counts, _ = np.histogram(np.clip(array, bounds[0], bounds[-1]), bounds)
    return {"edges": bounds.tolist(), "counts": counts.tolist()}


def bin_edges(values: npt.NDArray[np.float64], n_bins: int = N_BINS) -> npt.NDArray[np.float64]:
    """Give edges from the 1st to the 99th percentile: a single far value would squeeze all others into one bin."""
    if not values.size:
        return np.linspace(0.0, 1.0, n_bins + 1)
    low, high = np.percentile(values, (1, 99))
    if high <= low:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, n_bins + 1)
