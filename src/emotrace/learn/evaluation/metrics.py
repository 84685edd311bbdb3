"""Scores of emotion recognition: validate, compute, return.

Conventions
-----------
- Arguments are ``(truth, prediction[, labels])``, lists of words, one per utterance; or
  ``(truth, probabilities, labels)`` with an array (n, n_labels) whose rows sum to 1.
- A prediction may be *no speech* (`emotrace.labels.NO_SPEECH`): it counts as wrong and is no class.
- **UAR** (unweighted average recall, balanced accuracy) is the mean recall over the labels present in
  the truth; labels absent in the truth are left out, as in scikit-learn's ``balanced_accuracy_score``.
  It is the field's headline figure (Schuller et al., The INTERSPEECH 2009 Emotion Challenge).
- **Macro F1** is the mean over the labels present in truth or prediction, with F1 = 0 for a label that
  was predicted but never true, as in scikit-learn's ``f1_score(average="macro")``.
- A precision without predictions and a recall without truths are 0 in `score_classes`, which says so
  by ``n_predicted`` and ``support``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotrace.errors import UsageError
from emotrace.learn.evaluation import confusion as _confusion
from emotrace.learn.evaluation.reliability import N_BINS, calibration_error, sum_bins

FloatArray = npt.NDArray[np.float64]

_SUM_TOLERANCE = 1e-3  # float32 softmax of a few labels is off by 1e-6; rounded tables by 1e-4


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How well one label is recognised: precision, recall and F1 in [0, 1], 0 where undefined.

    ``support`` is how often the label is true, ``n_predicted`` how often it is predicted.
    """

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    n_predicted: int


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """What share of errors remains if only the most confident predictions are acted upon.

    Attributes
    ----------
    threshold
        Distinct confidences, falling, (m,): predictions at least so confident are kept.
    coverage
        Share of utterances kept, rising to 1, (m,).
    risk
        Share of errors among those kept, (m,).
    area
        Area under risk over coverage, in [0, 1], lower is better; of equally confident predictions
        none goes before another.
    """

    threshold: FloatArray
    coverage: FloatArray
    risk: FloatArray
    area: float


def unweighted_average_recall(
    truth: Sequence[str], prediction: Sequence[str], labels: Sequence[str] | None = None
) -> float:
    """Give the mean recall over the labels present in the truth, in [0, 1].

    Parameters
    ----------
    truth, prediction
        Labels, (n,).
    labels
        Every label that may occur; default: those that do.

    Raises
    ------
    UsageError
        For nothing to score, or lists of different lengths.
    LabelError
        For a label not among ``labels``.

    >>> unweighted_average_recall(["anger", "anger", "calm"], ["anger", "calm", "calm"])
    0.75
    """
    return float(_confusion.mean_recall(_count(truth, prediction, labels)))


def accuracy(truth: Sequence[str], prediction: Sequence[str], labels: Sequence[str] | None = None) -> float:
    """Give the share of right predictions, in [0, 1] (errors as `unweighted_average_recall`).

    >>> accuracy(["anger", "calm"], ["anger", "no speech"])
    0.5
    """
    return float(_confusion.share_correct(_count(truth, prediction, labels)))


def macro_f1(truth: Sequence[str], prediction: Sequence[str], labels: Sequence[str] | None = None) -> float:
    """Give the mean F1 over the labels in truth or prediction (errors as `unweighted_average_recall`).

    >>> macro_f1(["anger", "calm"], ["anger", "no speech"])
    0.5
    """
    return float(_confusion.mean_f1(_count(truth, prediction, labels)))


def score_classes(
    truth: Sequence[str], prediction: Sequence[str], labels: Sequence[str] | None = None
) -> list[ClassScore]:
    """Give precision, recall, F1 and support of every label, in the order of ``labels``."""
    truth_indices, prediction_indices, known = _confusion.encode(truth, prediction, labels)
    counts = _confusion.count_confusion(truth_indices, prediction_indices, len(known))
    return [
        ClassScore(label, precision, recall, f1, int(counts[i].sum()), int(counts[:, i].sum()))
        for i, (label, precision, recall, f1) in enumerate(
            zip(
                known,
                np.nan_to_num(_confusion.precisions(counts)).tolist(),
                np.nan_to_num(_confusion.recalls(counts)).tolist(),
                np.nan_to_num(_confusion.f1s(counts)).tolist(),
                strict=True,
            )
        )
    ]


def confusion_matrix(
    truth: Sequence[str],
    prediction: Sequence[str],
    labels: Sequence[str] | None = None,
    with_no_speech: bool = False,
) -> npt.NDArray[np.int64]:
    """Count how often each true label (rows) was taken for each label (columns).

    Parameters
    ----------
    truth, prediction
        Labels, (n,).
    labels
        Order of rows and columns; default: those that occur, sorted.
    with_no_speech
        Add a last column for *no speech*, so that every row sums to the label's support.

    Returns
    -------
    ndarray of int
        (n_labels, n_labels), or (n_labels, n_labels + 1) with *no speech*.
    """
    counts = _count(truth, prediction, labels).astype(np.int64)
    return counts if with_no_speech else counts[:, :-1]


def log_loss(truth: Sequence[str], probabilities: npt.ArrayLike, labels: Sequence[str]) -> float:
    """Give the mean of minus the natural logarithm of the true label's probability, in nats.

    Probabilities below the smallest float64 step, 2.2e-16, are raised to it, so a certain mistake costs 36.

    Parameters
    ----------
    truth
        True labels, (n,).
    probabilities
        (n, n_labels), rows sum to 1 (within 0.001; they are scaled to do so exactly).
    labels
        What the columns stand for.

    Raises
    ------
    UsageError
        For wrong shapes, nothing to score, numbers that are not probabilities.
    LabelError
        For a truth not among ``labels``.
    """
    return float(log_losses(*_check(truth, probabilities, labels)).mean())


def brier_score(truth: Sequence[str], probabilities: npt.ArrayLike, labels: Sequence[str]) -> float:
    """Give the mean squared distance of the probabilities from the truth, summed over labels, in [0, 2].

    The original definition (Brier 1950), not halved. Parameters and errors as `log_loss`.
    """
    return float(brier_scores(*_check(truth, probabilities, labels)).mean())


def expected_calibration_error(
    truth: Sequence[str],
    probabilities: npt.ArrayLike,
    labels: Sequence[str],
    n_bins: int = N_BINS,
) -> float:
    """Give the mean distance between confidence and accuracy, in [0, 1].

    Top-label confidences in ``n_bins`` bins of equal width, closed on the right; bins weigh by how many
    predictions they hold (Guo et al. 2017). Parameters and errors as `log_loss`.
    """
    indices, checked = _check(truth, probabilities, labels)
    confidence, is_correct = judge_top(indices, checked)
    return float(calibration_error(sum_bins(confidence, is_correct, n_bins)))


def risk_coverage(truth: Sequence[str], probabilities: npt.ArrayLike, labels: Sequence[str]) -> RiskCoverage:
    """Give the risk-coverage curve of acting upon confident predictions only.

    After Geifman & El-Yaniv, Selective Classification for Deep Neural Networks, NeurIPS 2017. One point
    per distinct confidence, since no threshold can part equal ones. Parameters and errors as `log_loss`.
    """
    confidence, is_correct = judge_top(*_check(truth, probabilities, labels))
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    is_last = np.append(falling[1:] != falling[:-1], True)
    n_kept = np.arange(1, len(falling) + 1)[is_last]
    risk = np.cumsum(1.0 - is_correct[order])[is_last] / n_kept
    coverage = n_kept / len(falling)
    area = float(np.sum(risk * np.diff(coverage, prepend=0.0)))
    return RiskCoverage(threshold=falling[is_last], coverage=coverage, risk=risk, area=area)


def check_probabilities(probabilities: npt.ArrayLike, n: int, n_labels: int) -> FloatArray:
    """Give probabilities as (n, n_labels) float64 with rows that sum to 1 exactly.

    Raises
    ------
    UsageError
        For another shape, numbers outside [0, 1], or a row whose sum is off by more than 0.001.
    """
    array = np.asarray(probabilities, dtype=np.float64)
    if array.shape != (n, n_labels):
        raise UsageError(
            f"probabilities have the shape {array.shape}, but {n} utterances with {n_labels} labels need "
            f"({n}, {n_labels})"
        )
    is_probability = np.all((array >= 0.0) & (array <= 1.0 + _SUM_TOLERANCE), axis=1)
    sums = array.sum(axis=1)
    wrong = np.flatnonzero(~(is_probability & (np.abs(sums - 1.0) <= _SUM_TOLERANCE)))
    if wrong.size:
        raise UsageError(
            f"row {wrong[0]} of the probabilities does not hold numbers in [0, 1] that sum to 1 (its sum is "
            f"{sums[wrong[0]]:.4g}; {wrong.size} such rows); give probabilities, not logits"
        )
    scaled: FloatArray = array / sums[:, None]
    return scaled


def log_losses(truth: npt.NDArray[np.int64], probabilities: FloatArray) -> FloatArray:
    """Give the log-loss of each utterance, (n,), from checked indices and probabilities."""
    of_truth = probabilities[np.arange(len(truth)), truth]
    losses: FloatArray = -np.log(np.maximum(of_truth, np.finfo(np.float64).eps))
    return losses


def brier_scores(truth: npt.NDArray[np.int64], probabilities: FloatArray) -> FloatArray:
    """Give the Brier score of each utterance, (n,), from checked indices and probabilities."""
    ideal = np.zeros_like(probabilities)
    ideal[np.arange(len(truth)), truth] = 1.0
    scores: FloatArray = ((probabilities - ideal) ** 2).sum(axis=1)
    return scores


def judge_top(truth: npt.NDArray[np.int64], probabilities: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give confidence and correctness (0 or 1) of the most probable label, (n,) each."""
    top = probabilities.argmax(axis=1)
    confidence = np.minimum(probabilities[np.arange(len(top)), top], 1.0)
    return confidence, (top == truth).astype(np.float64)


def _count(truth: Sequence[str], prediction: Sequence[str], labels: Sequence[str] | None) -> FloatArray:
    truth_indices, prediction_indices, known = _confusion.encode(truth, prediction, labels)
    return _confusion.count_confusion(truth_indices, prediction_indices, len(known))


def _check(
    truth: Sequence[str], probabilities: npt.ArrayLike, labels: Sequence[str]
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    known = _confusion.check_labels(labels)
    indices = _confusion.index_truth(truth, known)
    return indices, check_probabilities(probabilities, len(indices), len(known))
