"""How much of a feature is explained by emotion, and how much by who speaks.

The measure is the share of variance of a feature's *ranks* that lies between groups: 0 if the groups are alike, 1
if they do not overlap at all. It is Kruskal and Wallis's H divided by n - 1 (Kruskal & Wallis 1952, "Use of ranks
in one-criterion variance analysis", JASA 47; the ratio is Tomczak & Tomczak's (2014) epsilon squared), so that
neither units nor a few wild values matter.

Speakers differ, whatever they feel. Within speakers (each speaker's median taken away) it is seen what a feature
says of emotion when the speaker is known.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def share_explained(matrix: NDArray[np.floating], groups: Sequence[str]) -> Matrix:
    """Give the share of each column that the groups explain.

    Parameters
    ----------
    matrix
        Shape (n, n_features), finite.
    groups
        The group of each row, (n,).

    Returns
    -------
    ndarray of float64, shape (n_features,)
        In [0, 1]; NaN for columns that are constant.
    """
    ranked = average_ranks(matrix)
    centred = ranked - ranked.mean(axis=0)
    total = np.sum(centred**2, axis=0)
    between = np.zeros(ranked.shape[1])
    names = np.asarray(groups)
    for group in np.unique(names):
        rows = centred[names == group]
        between += len(rows) * rows.mean(axis=0) ** 2
    shares = np.full(ranked.shape[1], np.nan)
    return np.asarray(np.divide(between, total, out=shares, where=total > 0.0))


def average_ranks(matrix: NDArray[np.floating]) -> Matrix:
    """Rank each column from 1; equal values share the mean of their ranks.

    >>> average_ranks(np.array([[3.0], [1.0], [3.0]])).ravel().tolist()
    [2.5, 1.0, 2.5]
    """
    return np.stack([_rank(column) for column in np.asarray(matrix, dtype=np.float64).T], axis=1)


def _rank(column: Matrix) -> Matrix:
    _, places, counts = np.unique(column, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middles = np.asarray(last - (counts - 1) / 2.0)
    return np.asarray(middles[places])


def without_speakers(matrix: NDArray[np.floating], speakers: Sequence[str]) -> Matrix:
    """Take each speaker's median of every column away."""
    names, centred = np.asarray(speakers), np.array(matrix, dtype=np.float64)
    for speaker in np.unique(names):
        centred[names == speaker] -= np.median(centred[names == speaker], axis=0)
    return centred
