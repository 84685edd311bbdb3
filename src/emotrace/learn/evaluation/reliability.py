"""How often a model is right when it says it is 70 % sure: reliability bins and what follows from them.

Bins are of equal width over [0, 1] and closed on the right, ``(low, high]``, with 0 in the first, as in
Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotrace.errors import UsageError

FloatArray = npt.NDArray[np.float64]

N_BINS = 15


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The predictions whose confidence lies in ``(low, high]``.

    ``confidence`` and ``accuracy`` are means over the bin's ``n`` predictions, None if it is empty.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


def reliability_bins(
    confidence: npt.ArrayLike, is_correct: npt.ArrayLike, n_bins: int = N_BINS
) -> list[ReliabilityBin]:
    """Sort predictions into bins by confidence.

    Parameters
    ----------
    confidence
        Probability of the predicted label, (n,), in [0, 1].
    is_correct
        Whether the prediction was right, (n,), bool.
    n_bins
        At least 1.

    Returns
    -------
    list of ReliabilityBin
        All ``n_bins`` bins, the empty ones too.

    Raises
    ------
    UsageError
        For lists of different lengths, nothing in them, confidences outside [0, 1].
    """
    confidences, hits = check_confidence(confidence), np.asarray(is_correct, dtype=np.float64)
    if hits.shape != confidences.shape:
        raise UsageError(
            f"confidence has {confidences.size} values but is_correct has {hits.size}; "
            "give one of each per utterance"
        )
    n, confidence_sums, hit_sums = sum_bins(confidences, hits, n_bins).tolist()
    return [
        ReliabilityBin(
            low=i / n_bins,
            high=(i + 1) / n_bins,
            n=int(n[i]),
            confidence=confidence_sums[i] / n[i] if n[i] else None,
            accuracy=hit_sums[i] / n[i] if n[i] else None,
        )
        for i in range(n_bins)
    ]


def check_confidence(confidence: npt.ArrayLike) -> FloatArray:
    """Give confidences as (n,) float64; raise `UsageError` if there are none or one is outside [0, 1]."""
    confidences = np.asarray(confidence, dtype=np.float64)
    if confidences.ndim != 1 or confidences.size == 0:
        raise UsageError(
            f"confidence must be a list of at least one number, got an array of shape {confidences.shape}"
        )
    if not np.all((confidences >= 0.0) & (confidences <= 1.0)):
        raise UsageError("confidence must be in [0, 1] throughout; give probabilities, not logits")
    return confidences


def sum_bins(confidence: FloatArray, is_correct: FloatArray, n_bins: int = N_BINS) -> FloatArray:
    """Give per bin the number of predictions, sum of confidences, number right: (3, n_bins)."""
    if n_bins < 1:
        raise UsageError(f"reliability needs at least 1 bin, not {n_bins}")
    inner_edges = np.arange(1, n_bins) / n_bins
    bins = np.searchsorted(inner_edges, confidence, side="left")
    weights: Sequence[FloatArray] = (np.ones_like(confidence), confidence, is_correct)
    return np.stack([np.bincount(bins, weights=w, minlength=n_bins) for w in weights])


def calibration_error(sums: FloatArray) -> FloatArray:
    """Give the expected calibration error of bin sums (..., 3, n_bins): (...)."""
    n, confidences, hits = sums[..., 0, :], sums[..., 1, :], sums[..., 2, :]
    error: FloatArray = np.abs(confidences - hits).sum(axis=-1) / n.sum(axis=-1)
    return error
