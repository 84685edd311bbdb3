"""Receiver operating characteristic and precision-recall curves, one label against the rest.

A model is asked for one label at a time: at every threshold on its probability, some clips are called it. A
threshold is a clip's own probability, and clips with equal probabilities are called together, so that a curve does
not depend on their order.

References
----------
J. Hanley & B. McNeil (1982), "The meaning and use of the area under a receiver operating characteristic (ROC)
curve", Radiology 143.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from emotrace.errors import UsageError

FloatArray = npt.NDArray[np.float64]


def one_vs_rest(truth: Sequence[str], probabilities: npt.ArrayLike, labels: Sequence[str]) -> dict[str, Any]:
    """Give the curves of every label.

    Parameters
    ----------
    truth
        True labels, (n,).
    probabilities
        Shape (n, n_labels), at least 0; NaN where a clip is not judged by a label: it then plays no part in that
        label's curves. A clip in which nobody was heard has 0 for all: it is called something last.
    labels
        What the columns stand for.

    Returns
    -------
    dict
        ``labels``: by label ``n`` and ``n_positive``; ``auc``, the area under the receiver operating
        characteristic; ``average_precision``; and ``roc`` and ``precision_recall``, the corners of the curves.
        Labels without clips, or of which all clips are, have None for all of these. ``macro_auc`` and
        ``macro_average_precision`` are means over the others, None if there are none.

    Raises
    ------
    UsageError
        For lists of different lengths, wrong shapes or negative numbers.
    """
    matrix = np.asarray(probabilities, dtype=np.float64)
    if matrix.shape != (len(truth), len(labels)):
        raise UsageError(
            f"probabilities have shape {matrix.shape} for {len(truth)} clips and {len(labels)} labels; "
            "give one row per clip and one column per label"
        )
    if np.any(matrix < 0.0) or np.isinf(matrix).any():
        raise UsageError("probabilities must be at least 0 and finite; NaN stands for a label that is not allowed")
    words = np.asarray(truth, dtype=object)
    curves = {}
    for column, label in enumerate(labels):
        is_judged = np.isfinite(matrix[:, column])
        curves[label] = _curves(words[is_judged] == label, matrix[is_judged, column])
    return {
        "labels": curves,
        "macro_auc": _mean([curve["auc"] for curve in curves.values()]),
        "macro_average_precision": _mean([curve["average_precision"] for curve in curves.values()]),
    }


def roc_points(is_positive: npt.NDArray[np.bool_], scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give false and true positive rates from (0, 0) to (1, 1), at every distinct score, the highest first."""
    called, hits = _called(is_positive, scores)
    n_positive = max(int(is_positive.sum()), 1)
    n_negative = max(int((~is_positive).sum()), 1)
    false_rate = np.concatenate([[0.0], (called - hits) / n_negative])
    true_rate = np.concatenate([[0.0], hits / n_positive])
    return false_rate, true_rate


def precision_recall_points(
    is_positive: npt.NDArray[np.bool_], scores: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give recalls (rising, the first 0) and precisions at every distinct score, the highest first."""
    called, hits = _called(is_positive, scores)
    recall = np.concatenate([[0.0], hits / max(int(is_positive.sum()), 1)])
    precision = np.concatenate([[1.0], hits / called])
    return recall, precision


def _called(is_positive: npt.NDArray[np.bool_], scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Count at every distinct score how many clips are called the label, and how many of them are it."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last_of_equal = np.append(np.flatnonzero(np.diff(ordered)), ordered.size - 1)
    hits = np.cumsum(is_positive[order], dtype=np.float64)[last_of_equal]
    return (last_of_equal + 1).astype(np.float64), hits


def _curves(is_positive: npt.NDArray[np.bool_], scores: FloatArray) -> dict[str, Any]:
    n, n_positive = int(is_positive.size), int(is_positive.sum())
    if n_positive in (0, n):
        nothing = dict.fromkeys(("auc", "average_precision", "roc", "precision_recall"))
        return {"n": n, "n_positive": n_positive, **nothing}
    false_rate, true_rate = roc_points(is_positive, scores)
    recall, precision = precision_recall_points(is_positive, scores)
    corners = _corners(false_rate, true_rate)
    return {
        "n": n,
        "n_positive": n_positive,
        "auc": float(np.sum(np.diff(false_rate) * (true_rate[1:] + true_rate[:-1]) / 2.0)),
        "average_precision": float(np.sum(np.diff(recall) * precision[1:])),
        "roc": {
            "false_positive_rate": false_rate[corners].round(5).tolist(),
            "true_positive_rate": true_rate[corners].round(5).tolist(),
        },
        "precision_recall": {"recall": recall.round(5).tolist(), "precision": precision.round(5).tolist()},
    }


def _corners(x: FloatArray, y: FloatArray) -> npt.NDArray[np.bool_]:
    """Keep the points at which a line bends; those between lie on it."""
    dx, dy = np.diff(x), np.diff(y)
    bends = np.abs(dx[:-1] * dy[1:] - dy[:-1] * dx[1:]) > 1e-12
    return np.concatenate([[True], bends, [True]])


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
