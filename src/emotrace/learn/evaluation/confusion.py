"""Confusion counts and every score that follows from them.

The counts are an array ``(..., n_labels, n_labels + 1)``: rows are the true labels, columns the
predicted ones, and the last column is *no speech*, which is always wrong. The scores take any leading
axes, so a thousand bootstrap resamples are scored at once. An undefined score is NaN here; what the
public functions of `emotrace.learn.evaluation.metrics` make of it stands there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emotrace.errors import LabelError, UsageError, suggest
from emotrace.labels import NO_SPEECH

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def encode(
    truth: Sequence[str], prediction: Sequence[str], labels: Sequence[str] | None = None
) -> tuple[IntArray, IntArray, tuple[str, ...]]:
    """Check truth and prediction and give them as indices into the labels.

    Parameters
    ----------
    truth
        True labels, (n,).
    prediction
        Predicted labels, (n,); `emotrace.labels.NO_SPEECH` is understood.
    labels
        Every label that may occur; default: those that do, sorted.

    Returns
    -------
    truth_indices, prediction_indices, labels
        Indices (n,); *no speech* is ``len(labels)``.

    Raises
    ------
    UsageError
        For nothing to score, or lists of different lengths.
    LabelError
        For a label that is not among ``labels``, or a truth of *no speech*.
    """
    if len(truth) != len(prediction):
        raise UsageError(
            f"truth has {len(truth)} labels but prediction has {len(prediction)}; give one of each per utterance"
        )
    known = check_labels(
        labels if labels is not None else sorted({str(label) for label in [*truth, *prediction]} - {NO_SPEECH})
    )
    return (
        index_truth(truth, known),
        _index(prediction, {**_indices(known), NO_SPEECH: len(known)}, "prediction"),
        known,
    )


def check_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Give the labels as a tuple of distinct words; raise `LabelError` if they repeat or say *no speech*."""
    known = tuple(str(label) for label in labels)
    if len(set(known)) != len(known) or NO_SPEECH in known:
        raise LabelError(
            f"labels must be different emotions and not '{NO_SPEECH}', got {', '.join(known)}; name each once"
        )
    return known


def index_truth(truth: Sequence[str], labels: Sequence[str]) -> IntArray:
    """Give the true labels as indices (n,); raise `UsageError` if there are none, `LabelError` if unknown."""
    if len(truth) == 0:
        raise UsageError("there is nothing to score: truth is empty; give at least one utterance")
    return _index(truth, _indices(labels), "truth")


def count_confusion(truth: IntArray, prediction: IntArray, n_labels: int) -> FloatArray:
    """Count pairs of indices: (n_labels, n_labels + 1), the last column for *no speech*."""
    flat = truth * (n_labels + 1) + prediction
    counts = np.bincount(flat, minlength=n_labels * (n_labels + 1))
    return counts.reshape(n_labels, n_labels + 1).astype(np.float64)


def recalls(counts: FloatArray) -> FloatArray:
    """Share of each true label that was found: (..., n_labels); NaN for labels absent in the truth."""
    return _divide(_hits(counts), counts.sum(axis=-1))


def precisions(counts: FloatArray) -> FloatArray:
    """Share of each predicted label that was right: (..., n_labels); NaN for labels never predicted."""
    return _divide(_hits(counts), _predicted(counts))


def f1s(counts: FloatArray) -> FloatArray:
    """Harmonic mean of precision and recall: (..., n_labels); NaN where neither true nor predicted."""
    return _divide(2.0 * _hits(counts), counts.sum(axis=-1) + _predicted(counts))


def mean_recall(counts: FloatArray) -> FloatArray:
    """Mean recall over the labels present in the truth: (...)."""
    return _mean_of_defined(recalls(counts))


def mean_f1(counts: FloatArray) -> FloatArray:
    """Mean F1 over the labels present in truth or prediction: (...)."""
    return _mean_of_defined(f1s(counts))


def share_correct(counts: FloatArray) -> FloatArray:
    """Share of right predictions: (...)."""
    return _divide(_hits(counts).sum(axis=-1), counts.sum(axis=(-2, -1)))


def _hits(counts: FloatArray) -> FloatArray:
    hits: FloatArray = np.diagonal(counts, axis1=-2, axis2=-1)
    return hits


def _predicted(counts: FloatArray) -> FloatArray:
    totals: FloatArray = counts[..., :-1].sum(axis=-2)
    return totals


def _divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    nothing = np.full(np.shape(denominator), np.nan)
    ratio: FloatArray = np.divide(numerator, denominator, out=nothing, where=np.asarray(denominator) > 0)
    return ratio


def _mean_of_defined(values: FloatArray) -> FloatArray:
    is_defined = np.isfinite(values)
    total = np.where(is_defined, values, 0.0).sum(axis=-1)
    return _divide(total, is_defined.sum(axis=-1).astype(np.float64))


def _indices(labels: Sequence[str]) -> dict[str, int]:
    return {label: index for index, label in enumerate(labels)}


def _index(words: Sequence[str], indices: dict[str, int], role: str) -> IntArray:
    places = [indices.get(str(word), -1) for word in words]
    if -1 in places:
        first = places.index(-1)
        raise LabelError(
            f"{role} number {first} is '{words[first]}', which is not among the labels; "
            f"{suggest(str(words[first]), indices)}"
        )
    return np.array(places, dtype=np.int64)
