"""Which features say the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

N_STRONGEST = 20


def correlate(matrix: NDArray[np.floating], names: Sequence[str]) -> dict[str, Any]:
    """Give the correlation (Pearson) of every two columns.

    Parameters
    ----------
    matrix
        Shape (n, n_features), finite, n at least 2.
    names
        Of the columns.

    Returns
    -------
    dict
        ``names``; ``matrix``, rows of numbers in [-1, 1], None where a column is constant; ``strongest``, the
        pairs that are most alike or most opposite: ``{"a", "b", "r"}``.
    """
    values = np.asarray(matrix, dtype=np.float64)
    centred = values - values.mean(axis=0)
    spread = np.sqrt(np.sum(centred**2, axis=0))
    is_flat = spread <= np.finfo(np.float64).eps * np.abs(values).sum(axis=0)
    scaled = np.where(is_flat, np.nan, centred / np.where(is_flat, 1.0, spread))
    r = np.clip(scaled.T @ scaled, -1.0, 1.0)
    rows, columns = np.triu_indices(len(names), 1)
    known = np.isfinite(r[rows, columns])
    rows, columns = rows[known], columns[known]
    order = np.argsort(-np.abs(r[rows, columns]), kind="stable")[:N_STRONGEST]
    return {
        "names": list(names),
        "matrix": [[round(v, 4) if np.isfinite(v) else None for v in row] for row in r.tolist()],
        "strongest": [
            {"a": names[rows[k]], "b": names[columns[k]], "r": round(float(r[rows[k], columns[k]]), 4)}
            for k in order.tolist()
        ],
    }
