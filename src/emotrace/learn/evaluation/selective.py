"""What is gained by saying nothing where one is not sure: risk over coverage, and the product's own threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from emotrace.errors import UsageError
from emotrace.learn.evaluation.metrics import risk_coverage

N_POINTS = 20
"""Points of a curve: every five per cent of coverage."""


def tell_risk_coverage(
    truth: Sequence[str], probabilities: npt.ArrayLike, labels: Sequence[str], n_points: int = N_POINTS
) -> dict[str, Any]:
    """Give the curve of risk over coverage at even steps, ready for JSON.

    After Geifman & El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017.

    Parameters
    ----------
    truth, probabilities, labels
        As of `emotrace.learn.evaluation.metrics.risk_coverage`.
    n_points
        How many steps there are to a coverage of 1, at least 1.

    Returns
    -------
    dict
        ``area``, that under the curve of all thresholds, in [0, 1], lower is better; and lists of ``n_points``:
        ``coverage``, the share of utterances kept, at least that of the step, ``risk``, the share of errors among
        them, and ``threshold``, the confidence from which on they are kept.

    Raises
    ------
    UsageError, LabelError
        As `risk_coverage`; and for less than one point.
    """
    if n_points < 1:
        raise UsageError(f"a curve needs at least 1 point, not {n_points}")
    curve = risk_coverage(truth, probabilities, labels)
    steps = np.arange(1, n_points + 1) / n_points
    places = np.searchsorted(curve.coverage, steps - 1e-9)
    return {
        "area": curve.area,
        "coverage": curve.coverage[places].round(5).tolist(),
        "risk": curve.risk[places].round(5).tolist(),
        "threshold": curve.threshold[places].round(5).tolist(),
    }


def tell_uncertain(is_correct: npt.ArrayLike, is_uncertain: npt.ArrayLike) -> dict[str, Any]:
    """Say what the mark *uncertain* is worth.

    Parameters
    ----------
    is_correct, is_uncertain
        Of each prediction, (n,), bool; at least one.

    Returns
    -------
    dict
        ``n_uncertain, coverage`` (the share not so marked), and the accuracy of both kinds,
        ``accuracy_if_certain, accuracy_if_uncertain``; None where there are none.
    """
    right, unsure = np.asarray(is_correct, dtype=bool), np.asarray(is_uncertain, dtype=bool)
    if right.shape != unsure.shape or right.ndim != 1 or not right.size:
        raise UsageError(
            f"is_correct has the shape {right.shape} and is_uncertain {unsure.shape}; give one of each for each "
            "prediction"
        )
    return {
        "n_uncertain": int(unsure.sum()),
        "coverage": float(1.0 - unsure.mean()),
        "accuracy_if_certain": _mean(right[~unsure]),
        "accuracy_if_uncertain": _mean(right[unsure]),
    }


def _mean(values: npt.NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if values.size else None
