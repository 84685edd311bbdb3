"""Make confidences mean what they say: masked softmax, one temperature, a threshold for "uncertain".

Temperature scaling divides all logits by one number, which changes no decision (Guo et al., On
Calibration of Modern Neural Networks, ICML 2017). It is fitted on validation *speakers*: on training
speakers the network is far surer of itself than it has reason to be on anybody else.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from emotrace.errors import LabelError, UsageError
from emotrace.learn.evaluation.reliability import check_confidence

FloatArray = npt.NDArray[np.float64]

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0
"""Where the fit stops: validation data without any mistake would ask for a temperature of 0."""

_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
_TOLERANCE = 1e-7  # of log temperature


def softmax(logits: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> FloatArray:
    """Turn logits into probabilities.

    Parameters
    ----------
    logits
        (n, n_labels).
    mask
        Labels allowed in each row, (n, n_labels) or (n_labels,), bool; default: all. Others get
        probability 0, whatever their logits.

    Returns
    -------
    ndarray
        (n, n_labels) float64, rows sum to 1.

    Raises
    ------
    UsageError
        For wrong shapes, logits that are not finite where allowed, a row without allowed labels.
    """
    checked, _ = _check_logits(logits, mask)
    return np.exp(_log_softmax(checked))


def restrict_probabilities(probabilities: npt.ArrayLike, mask: npt.ArrayLike) -> FloatArray:
    """Keep only the probabilities of allowed labels and scale each row so that it sums to 1.

    Parameters
    ----------
    probabilities
        (n, n_labels), not negative.
    mask
        Labels allowed in each row, (n, n_labels) or (n_labels,), bool.

    Returns
    -------
    ndarray
        (n, n_labels) float64. A row whose allowed labels all have probability 0 gets equal ones.

    Raises
    ------
    UsageError
        For wrong shapes, or a row without allowed labels.
    """
    array = _check_2d(probabilities, "probabilities")
    is_allowed = _check_mask(mask, array.shape)
    kept = np.where(is_allowed, array, 0.0)
    kept = np.where(kept.sum(axis=1, keepdims=True) > 0.0, kept, is_allowed)
    restricted: FloatArray = kept / kept.sum(axis=1, keepdims=True)
    return restricted


def fit_temperature(
    logits: npt.ArrayLike, truth_indices: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> float:
    """Find the temperature that makes the truths most probable.

    The negative log-likelihood is convex in 1/T, hence has one valley in log T, which a golden-section
    search finds.

    Parameters
    ----------
    logits
        Of validation speakers, (n, n_labels).
    truth_indices
        Column of the true label, (n,), int.
    mask
        Labels allowed in each row (see `softmax`): a corpus only judges the labels it has.

    Returns
    -------
    float
        In [`MIN_TEMPERATURE`, `MAX_TEMPERATURE`]; above 1 where the network is too sure of itself.

    Raises
    ------
    UsageError
        For wrong shapes, nothing to fit, logits that are not finite.
    LabelError
        For a truth that is no column, or not allowed by the mask.
    """
    checked, is_allowed = _check_logits(logits, mask)
    truth = _check_truth(truth_indices, is_allowed)
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        return -float(_log_softmax(checked * math.exp(-log_temperature))[rows, truth].mean())

    return math.exp(_find_valley(loss, math.log(MIN_TEMPERATURE), math.log(MAX_TEMPERATURE)))


def apply_temperature(logits: npt.ArrayLike, temperature: float, mask: npt.ArrayLike | None = None) -> FloatArray:
    """Give the calibrated probabilities, (n, n_labels): the softmax of logits / temperature.

    Raises `UsageError` as `softmax`, and for a temperature that is not positive.
    """
    if not (math.isfinite(temperature) and temperature > 0.0):
        raise UsageError(f"a temperature must be a positive number, not {temperature}")
    checked, _ = _check_logits(logits, mask)
    return np.exp(_log_softmax(checked / temperature))


def threshold_for_coverage(confidence: npt.ArrayLike, coverage: float) -> float:
    """Find the highest threshold that still keeps the wanted share of predictions.

    Parameters
    ----------
    confidence
        Calibrated probability of each predicted label, (n,), in [0, 1].
    coverage
        Share to keep, in (0, 1].

    Returns
    -------
    float
        At least ``coverage`` of the confidences are equal to it or above; those below are uncertain.

    Raises
    ------
    UsageError
        For confidences or a coverage out of range.

    >>> threshold_for_coverage([0.9, 0.4, 0.7, 0.6], 0.75)
    0.6
    """
    confidences = check_confidence(confidence)
    if not 0.0 < coverage <= 1.0:
        raise UsageError(f"coverage must be above 0 and at most 1, not {coverage}")
    n_kept = max(1, math.ceil(coverage * confidences.size - 1e-9))
    return float(np.sort(confidences)[::-1][n_kept - 1])


def _find_valley(function: Callable[[float], float], low: float, high: float) -> float:
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > _TOLERANCE:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2.0


def _log_softmax(logits: FloatArray) -> FloatArray:
    shifted = logits - logits.max(axis=1, keepdims=True)
    result: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def _check_logits(logits: npt.ArrayLike, mask: npt.ArrayLike | None) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    array = _check_2d(logits, "logits")
    is_allowed = np.ones(array.shape, bool) if mask is None else _check_mask(mask, array.shape)
    is_wrong = is_allowed & ~np.isfinite(array)
    if is_wrong.any():
        row, column = (int(place[0]) for place in np.nonzero(is_wrong))
        raise UsageError(
            f"logits must be finite numbers, row {row}, column {column} is {array[row, column]}; "
            "a network that gives such numbers has diverged"
        )
    return np.where(is_allowed, array, -np.inf), is_allowed


def _check_2d(values: npt.ArrayLike, role: str) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.size == 0:
        raise UsageError(f"{role} must have the shape (n, n_labels) with at least one row, not {array.shape}")
    return array


def _check_mask(mask: npt.ArrayLike, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    is_allowed = np.asarray(mask, dtype=bool)
    if is_allowed.shape not in (shape, shape[1:]):
        raise UsageError(f"the mask has the shape {is_allowed.shape}, but must have {shape} or {shape[1:]}")
    is_allowed = np.broadcast_to(is_allowed, shape)
    empty = np.flatnonzero(~is_allowed.any(axis=1))
    if empty.size:
        raise UsageError(f"the mask allows no label in row {empty[0]}; allow at least one in every row")
    return is_allowed


def _check_truth(truth_indices: npt.ArrayLike, is_allowed: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    truth = np.asarray(truth_indices)
    n, n_labels = is_allowed.shape
    if truth.shape != (n,) or not np.issubdtype(truth.dtype, np.integer):
        raise UsageError(
            f"truth_indices must be {n} whole numbers, one per row of the logits, not an array of shape "
            f"{truth.shape} and type {truth.dtype}"
        )
    outside = np.flatnonzero((truth < 0) | (truth >= n_labels))
    if outside.size:
        row = outside[0]
        raise LabelError(
            f"truth {truth[row]} of row {row} is no column of the logits: they have 0 to {n_labels - 1}"
        )
    masked = np.flatnonzero(~is_allowed[np.arange(n), truth])
    if masked.size:
        row = masked[0]
        raise LabelError(f"the mask does not allow truth {truth[row]} of row {row}; allow it or leave the row out")
    return truth.astype(np.int64)
